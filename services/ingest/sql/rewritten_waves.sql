SELECT DISTINCT wave_id FROM pulse_ballots.wave_rewrites
