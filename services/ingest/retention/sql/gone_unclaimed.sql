-- Notes of letters that are not there any more.
SELECT DISTINCT toString(record_hash) FROM pulse_ballots.unclaimed_letters
WHERE record_hash NOT IN (SELECT record_hash FROM pulse_ballots.dead_letters)
