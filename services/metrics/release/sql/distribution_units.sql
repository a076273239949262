SELECT node_id, class_id
FROM pulse_ballots.distribution_units FINAL
WHERE wave_id = {wave:String}
