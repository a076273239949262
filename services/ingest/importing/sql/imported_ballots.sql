-- The ballots of other imports that are still stored.
SELECT wave_id, any(node_id), groupArray(item_id), groupArray(ifNull(toInt16(value), -1))
FROM
(
    SELECT wave_id, ballot_id, node_id, item_id, value FROM pulse_ballots.answers FINAL
    UNION DISTINCT
    SELECT wave_id, ballot_id, node_id, item_id, value FROM pulse_ballots.closed_answers FINAL
)
WHERE wave_id != {wave:String} AND wave_id IN (SELECT wave_id FROM pulse_facts.waves FINAL WHERE imported)
GROUP BY wave_id, ballot_id
