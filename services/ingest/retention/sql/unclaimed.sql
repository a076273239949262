-- Letters of no known wave that were there on that day already.
SELECT toString(record_hash) FROM pulse_ballots.dead_letters FINAL
WHERE wave_id NOT IN (SELECT wave_id FROM pulse_facts.waves)
    AND record_hash IN (SELECT record_hash FROM pulse_ballots.unclaimed_letters WHERE seen_on <= {until:Date})
ORDER BY record_hash
