-- A rewriting deletion: a lightweight one would only hide the rows.
ALTER TABLE pulse_ballots.{table:Identifier} DELETE WHERE wave_id = {wave:String} SETTINGS mutations_sync = 2
