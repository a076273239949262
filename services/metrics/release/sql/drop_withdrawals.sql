ALTER TABLE pulse_ballots.withdrawals DROP PARTITION {wave:String}
