SELECT uniqExact(ballot_id) FROM pulse_ballots.answers WHERE wave_id = {wave:String}
