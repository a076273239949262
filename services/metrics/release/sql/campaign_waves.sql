-- The waves of a campaign in the order in which they opened. An import is no round of the campaign.
SELECT waves.wave_id, closes.closed_at, closes.present AS closed, releases.present AS released
FROM pulse_facts.waves AS waves FINAL
LEFT JOIN (SELECT wave_id, closed_at, true AS present FROM pulse_facts.wave_closes FINAL) AS closes
    ON closes.wave_id = waves.wave_id
LEFT JOIN (SELECT DISTINCT wave_id, true AS present FROM pulse_release.releases) AS releases
    ON releases.wave_id = waves.wave_id
WHERE waves.campaign_id = {campaign:String} AND NOT waves.imported
ORDER BY waves.opens_at, waves.wave_id
