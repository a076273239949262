ALTER TABLE pulse_ballots.answers DROP PARTITION {wave:String}
