SELECT waves.campaign_id, waves.distribution_floor, releases.closed_at, releases.present
FROM pulse_facts.waves AS waves FINAL
LEFT JOIN (SELECT wave_id, closed_at, true AS present FROM pulse_release.releases FINAL) AS releases
    ON releases.wave_id = waves.wave_id
WHERE waves.wave_id = {wave:String}
