SELECT node_id, parent, name_nl, name_en, phase, cadence
FROM pulse_facts.nodes FINAL
WHERE wave_id = {wave:String}
ORDER BY position
