-- The comments of a wave in the order of their random ids, with what a champion decided last.
SELECT toString(comments.comment_id) AS comment, comments.question, comments.text, reviews.publish, reviews.present
FROM pulse_ballots.comments AS comments FINAL
LEFT JOIN
(
    SELECT comment_id, argMax(publish, decided_at) AS publish, true AS present
    FROM pulse_ballots.comment_reviews
    WHERE wave_id = {wave:String}
    GROUP BY comment_id
) AS reviews ON reviews.comment_id = comments.comment_id
WHERE comments.wave_id = {wave:String}
ORDER BY comments.comment_id
