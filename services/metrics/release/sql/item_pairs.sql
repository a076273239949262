-- Sums of two items over the ballots that answered both, for everyone together; an item with itself included.
SELECT first.1 AS first_item, second.1 AS second_item, count() AS ballots,
    sum(first.2) AS first_sum, sum(second.2) AS second_sum, sum(toUInt32(first.2) * second.2) AS products
FROM
(
    SELECT answers, arrayJoin(answers) AS first
    FROM
    (
        SELECT groupArray((item_id, assumeNotNull(value))) AS answers
        FROM pulse_ballots.closed_answers FINAL
        WHERE wave_id = {wave:String} AND value IS NOT NULL AND ballot_id NOT IN {left_out:Array(String)}
            AND value <= transform(toString(item_id), {items:Array(String)}, {points:Array(UInt8)}, toUInt8(0))
        GROUP BY ballot_id
    )
)
ARRAY JOIN answers AS second
GROUP BY first_item, second_item
