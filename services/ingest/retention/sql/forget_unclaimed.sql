ALTER TABLE pulse_ballots.unclaimed_letters DELETE
WHERE record_hash IN {hashes:Array(String)}
SETTINGS mutations_sync = 2
