SELECT outcome_id, node_id, measure, value, unit, period_start, period_end
FROM pulse_facts.outcomes FINAL
WHERE outcome_id = {id:String}
