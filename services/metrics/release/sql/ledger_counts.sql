SELECT node_id, acknowledged, with_revision
FROM pulse_ballots.unit_counts FINAL
WHERE wave_id = {wave:String}
