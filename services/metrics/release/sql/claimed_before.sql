-- Waves of a campaign whose release was claimed, and whether it has been carried out. Claims go with their ballots;
-- releases stay.
SELECT wave_id, max(released) AS done
FROM
(
    SELECT wave_id, false AS released FROM pulse_ballots.release_claims WHERE campaign_id = {campaign:String}
    UNION ALL
    SELECT wave_id, true AS released
    FROM pulse_release.releases
    WHERE wave_id IN (SELECT wave_id FROM pulse_facts.waves WHERE campaign_id = {campaign:String})
)
GROUP BY wave_id
ORDER BY wave_id
