SELECT campaign_id, title_nl, title_en, opens_at, items, score_floor, distribution_floor
FROM pulse_facts.waves FINAL
WHERE wave_id = {wave:String}
