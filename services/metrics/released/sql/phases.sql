-- Phases of the nodes of a wave, in the order of the tree; empty where a node has none.
SELECT node_id, phase
FROM pulse_facts.nodes FINAL
WHERE wave_id = {wave:String}
ORDER BY position
