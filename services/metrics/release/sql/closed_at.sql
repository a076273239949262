SELECT closed_at
FROM pulse_facts.wave_closes FINAL
WHERE wave_id = {wave:String}
