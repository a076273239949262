SELECT class_id, invited, ballots
FROM pulse_ballots.class_people FINAL
WHERE wave_id = {wave:String}
