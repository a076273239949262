SELECT count()
FROM pulse_ballots.closed_answers FINAL
WHERE wave_id = {wave:String}
