-- The tree of the round that opened last, parents first, with the people invited directly at each node.
SELECT nodes.node_id, nodes.parent, invited.invited
FROM
(
    SELECT node_id, parent, position
    FROM pulse_facts.nodes FINAL
    WHERE wave_id = (SELECT wave_id FROM pulse_facts.waves FINAL ORDER BY opens_at DESC, wave_id DESC LIMIT 1)
) AS nodes
LEFT JOIN
(
    SELECT node_id, invited
    FROM pulse_ballots.invited FINAL
    WHERE wave_id = (SELECT wave_id FROM pulse_facts.waves FINAL ORDER BY opens_at DESC, wave_id DESC LIMIT 1)
) AS invited ON invited.node_id = nodes.node_id
ORDER BY nodes.position
