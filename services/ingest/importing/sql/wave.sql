SELECT campaign_id, title_nl, title_en, opens_at, closes_at, items, score_floor, distribution_floor, imported
FROM pulse_facts.waves FINAL
WHERE wave_id = {wave:String}
