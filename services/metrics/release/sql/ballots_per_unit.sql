SELECT node_id, toString(min(ballot_id)) AS first_ballot, count() AS ballots
FROM
(
    SELECT ballot_id, node_id
    FROM pulse_ballots.closed_answers
    WHERE wave_id = {wave:String}
    GROUP BY ballot_id, node_id
    SETTINGS optimize_aggregation_in_order = 1
)
GROUP BY node_id
