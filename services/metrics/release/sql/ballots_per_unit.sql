SELECT node_id, toString(min(ballot_id)) AS first_ballot, uniqExact(ballot_id) AS ballots
FROM pulse_ballots.closed_answers
WHERE wave_id = {wave:String}
GROUP BY node_id
