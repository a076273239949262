ALTER TABLE pulse_ballots.dead_letters DELETE
WHERE record_hash IN {hashes:Array(String)}
SETTINGS mutations_sync = 2
