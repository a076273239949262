SELECT DISTINCT ballot_id FROM
(
    SELECT ballot_id FROM pulse_ballots.answers WHERE wave_id = {wave:String}
    UNION ALL
    SELECT ballot_id FROM pulse_ballots.closed_answers WHERE wave_id = {wave:String}
)
