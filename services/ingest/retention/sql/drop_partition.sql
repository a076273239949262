ALTER TABLE pulse_ballots.{table:Identifier} DROP PARTITION {wave:String}
