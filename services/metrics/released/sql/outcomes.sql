SELECT outcome_id, node_id, measure, value, unit, period_start, period_end
FROM pulse_facts.outcomes FINAL
ORDER BY period_end, outcome_id
