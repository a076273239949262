INSERT INTO pulse_ballots.unclaimed_letters (record_hash, seen_on)
SELECT record_hash, {today:Date}
FROM pulse_ballots.dead_letters FINAL
WHERE wave_id NOT IN (SELECT wave_id FROM pulse_facts.waves)
    AND record_hash NOT IN (SELECT record_hash FROM pulse_ballots.unclaimed_letters)
