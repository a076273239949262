-- Other waves that were open at any moment of the period, with the nodes below their organisation.
SELECT waves.wave_id, waves.campaign_id, groupArrayIf(nodes.node_id, nodes.parent != '')
FROM (SELECT wave_id, campaign_id, opens_at, closes_at FROM pulse_facts.waves FINAL) AS waves
INNER JOIN (SELECT wave_id, node_id, parent FROM pulse_facts.nodes FINAL) AS nodes USING wave_id
WHERE waves.wave_id != {wave:String}
    AND waves.opens_at <= {closes:DateTime64(3, 'UTC')}
    AND waves.closes_at >= {opens:DateTime64(3, 'UTC')}
GROUP BY waves.wave_id, waves.campaign_id
ORDER BY waves.wave_id
