-- Every wave whose numbers have been released, with its floor, its number of comments, and the hash of those released.
SELECT waves.wave_id, waves.distribution_floor, comments.number, out.sha256 AS sha256
FROM pulse_facts.waves AS waves FINAL
LEFT JOIN
(
    SELECT wave_id, uniqExact(comment_id) AS number FROM pulse_ballots.comments GROUP BY wave_id
) AS comments ON comments.wave_id = waves.wave_id
LEFT JOIN (SELECT wave_id, toString(sha256) AS sha256 FROM pulse_release.comment_releases FINAL) AS out
    ON out.wave_id = waves.wave_id
WHERE waves.wave_id IN (SELECT wave_id FROM pulse_release.releases)
ORDER BY waves.opens_at, waves.wave_id
