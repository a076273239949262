-- Sums of two items of one measure over the ballots that answered both, for everyone together; an item with itself
-- included. Items are named by their place in the survey, from 1.
SELECT first.1 AS first_item, second.1 AS second_item, count() AS ballots,
    sum(first.3) AS first_sum, sum(second.3) AS second_sum, sum(toUInt32(first.3) * second.3) AS products
FROM
(
    SELECT answers, arrayJoin(answers) AS first
    FROM
    (
        SELECT groupArray((place, measure, answer)) AS answers
        FROM
        (
            SELECT ballot_id, toUInt8(indexOf({items:Array(String)}, item_id)) AS place,
                {measures:Array(UInt8)}[place] AS measure, assumeNotNull(value) AS answer
            FROM pulse_ballots.closed_answers FINAL
            WHERE wave_id = {wave:String} AND value IS NOT NULL AND ballot_id NOT IN {left_out:Array(String)}
                AND place > 0 AND answer <= {points:Array(UInt8)}[place]
        )
        GROUP BY ballot_id
        SETTINGS optimize_aggregation_in_order = 1
    )
)
ARRAY JOIN arrayFilter(other -> other.2 = first.2 AND other.1 >= first.1, answers) AS second
GROUP BY first_item, second_item
