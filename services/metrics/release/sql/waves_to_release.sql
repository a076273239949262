-- Closed and not released, oldest first.
SELECT wave_id
FROM pulse_facts.wave_closes FINAL
WHERE wave_id NOT IN (SELECT wave_id FROM pulse_release.releases)
ORDER BY closed_at, wave_id
