SELECT
    (SELECT count() FROM pulse_facts.waves FINAL WHERE wave_id = {wave:String}),
    (SELECT count() FROM pulse_facts.wave_ends FINAL WHERE wave_id = {wave:String}),
    (SELECT count() FROM pulse_facts.wave_closes FINAL WHERE wave_id = {wave:String})
