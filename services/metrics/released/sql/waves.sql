-- Every wave that was ever opened, with its close where it has closed (the beginning of time where not).
SELECT waves.wave_id, waves.campaign_id, waves.title_nl, waves.title_en, waves.opens_at, waves.closes_at, closes.closed_at
FROM pulse_facts.waves AS waves FINAL
LEFT JOIN (SELECT wave_id, closed_at FROM pulse_facts.wave_closes FINAL) AS closes ON closes.wave_id = waves.wave_id
ORDER BY waves.opens_at, waves.wave_id
