-- The wave without revisions, in the order of the random ballot ids. The same rows replace themselves when this is
-- done again, so nothing needs to be removed first.
INSERT INTO pulse_ballots.closed_answers (wave_id, ballot_id, node_id, item_id, value)
SELECT answers.wave_id, answers.ballot_id, answers.node_id, answers.item_id, answers.value
FROM pulse_ballots.answers AS answers FINAL
LEFT JOIN
(
    SELECT ballot_id, max(revision) AS revision, true AS present
    FROM pulse_ballots.withdrawals
    WHERE wave_id = {wave:String}
    GROUP BY ballot_id
) AS withdrawn ON withdrawn.ballot_id = answers.ballot_id
WHERE answers.wave_id = {wave:String} AND (NOT withdrawn.present OR answers.revision > withdrawn.revision)
ORDER BY answers.ballot_id, answers.item_id
