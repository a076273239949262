-- Per unit: ballots and answers that stand, withdrawn ones left out.
SELECT answers.node_id, uniqExact(answers.ballot_id) AS ballots, count() AS answers
FROM pulse_ballots.answers AS answers FINAL
LEFT JOIN
(
    SELECT ballot_id, max(revision) AS revision, true AS present
    FROM pulse_ballots.withdrawals
    WHERE wave_id = {wave:String}
    GROUP BY ballot_id
) AS withdrawn ON withdrawn.ballot_id = answers.ballot_id
WHERE answers.wave_id = {wave:String} AND (NOT withdrawn.present OR answers.revision > withdrawn.revision)
GROUP BY answers.node_id
