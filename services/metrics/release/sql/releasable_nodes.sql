SELECT node_id, scores, distributions
FROM pulse_ballots.releasable_nodes FINAL
WHERE wave_id = {wave:String}
