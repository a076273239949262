-- What every wave that is not released asks, of which nodes.
SELECT waves.wave_id, waves.items, tree.node_ids
FROM
(
    SELECT wave_id, items FROM pulse_facts.waves FINAL
    WHERE wave_id NOT IN (SELECT wave_id FROM pulse_release.releases)
) AS waves
INNER JOIN
(
    SELECT wave_id, groupUniqArray(node_id) AS node_ids FROM pulse_facts.nodes GROUP BY wave_id
) AS tree USING wave_id
