SELECT topic, partition
FROM pulse_facts.wave_ends FINAL
WHERE wave_id = {wave:String}
