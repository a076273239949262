SELECT count()
FROM pulse_ballots.wave_rewrites
WHERE wave_id = {wave:String}
