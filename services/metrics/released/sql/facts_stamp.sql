-- Changes whenever an announcement, concern, promise or outcome is added or replaced.
SELECT
    (SELECT (count(), sum(cityHash64(announcement_id, event_type, at, payload))) FROM pulse_facts.announcements FINAL) AS said,
    (SELECT (count(), sum(cityHash64(outcome_id, node_id, measure, value, unit, period_start, period_end))) FROM pulse_facts.outcomes FINAL) AS outcomes
