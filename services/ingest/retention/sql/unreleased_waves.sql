-- Waves that are open, or closed and not released: their records may still be needed.
SELECT DISTINCT wave_id
FROM
(
    SELECT wave_id FROM pulse_facts.waves
    UNION ALL
    SELECT wave_id FROM pulse_facts.wave_closes
)
WHERE wave_id NOT IN (SELECT wave_id FROM pulse_release.releases)
ORDER BY wave_id
