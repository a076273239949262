-- A dropped partition leaves the disk at once; a part that a merge or a deletion has replaced after about a minute, not eight.
ALTER TABLE pulse_ballots.answers MODIFY SETTING old_parts_lifetime = 30;
ALTER TABLE pulse_ballots.withdrawals MODIFY SETTING old_parts_lifetime = 30;
ALTER TABLE pulse_ballots.closed_answers MODIFY SETTING old_parts_lifetime = 30;
ALTER TABLE pulse_ballots.comments MODIFY SETTING old_parts_lifetime = 30;
ALTER TABLE pulse_ballots.comment_reviews MODIFY SETTING old_parts_lifetime = 30;
ALTER TABLE pulse_ballots.unit_counts MODIFY SETTING old_parts_lifetime = 30;
ALTER TABLE pulse_ballots.dead_letters MODIFY SETTING old_parts_lifetime = 30;

-- Dead letters whose wave cannot be read or is not known: since which day of the campaign retention has seen them.
CREATE TABLE IF NOT EXISTS pulse_ballots.unclaimed_letters
(
    record_hash FixedString(64),
    seen_on     Date
)
ENGINE = ReplacingMergeTree
ORDER BY (record_hash, seen_on);

-- Dead letters that were written back to their topics: a second replay leaves them out.
CREATE TABLE IF NOT EXISTS pulse_ballots.replayed_letters
(
    letter_id   String COMMENT 'record_hash of a letter of the table, event_id of one of the topic',
    wave_id     LowCardinality(String)
)
ENGINE = ReplacingMergeTree
ORDER BY letter_id
