-- Answers per unit, item and value ("rather not say" is null), without the ballots that the lot fell on.
SELECT node_id, item_id, value, count() AS answers
FROM pulse_ballots.closed_answers FINAL
WHERE wave_id = {wave:String} AND ballot_id NOT IN {left_out:Array(String)}
GROUP BY node_id, item_id, value
