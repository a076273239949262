-- The tree as it stood when the wave opened, parents first, with the people invited directly at each node.
SELECT nodes.node_id, nodes.parent, nodes.name_nl, nodes.name_en, nodes.phase, nodes.cadence, invited.invited
FROM pulse_facts.nodes AS nodes FINAL
LEFT JOIN
(
    SELECT node_id, invited
    FROM pulse_ballots.invited FINAL
    WHERE wave_id = {wave:String}
) AS invited ON invited.node_id = nodes.node_id
WHERE nodes.wave_id = {wave:String}
ORDER BY nodes.position
