SELECT node_id, class_id
FROM pulse_ballots.class_units FINAL
WHERE wave_id = {wave:String}
