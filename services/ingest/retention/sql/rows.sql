SELECT count() FROM pulse_ballots.{table:Identifier} WHERE wave_id = {wave:String}
