SELECT node_id, invited FROM pulse_ballots.invited FINAL WHERE wave_id = {wave:String}
