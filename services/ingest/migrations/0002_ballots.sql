-- What nobody but ingest, release and retention may read. No time, no offset, no member in any of these tables.
-- Only immutable columns stand in sorting keys, so that a replayed record replaces itself.

CREATE TABLE IF NOT EXISTS pulse_ballots.answers
(
    wave_id   LowCardinality(String),
    ballot_id FixedString(32),
    node_id   LowCardinality(String),
    item_id   LowCardinality(String),
    value     Nullable(UInt8) COMMENT '1..m; null is "rather not say"',
    revision  UInt32
)
ENGINE = ReplacingMergeTree(revision)
PARTITION BY wave_id
ORDER BY (wave_id, ballot_id, item_id);

CREATE TABLE IF NOT EXISTS pulse_ballots.withdrawals
(
    wave_id   LowCardinality(String),
    ballot_id FixedString(32),
    revision  UInt32 COMMENT 'answers up to and with this revision are taken back'
)
ENGINE = ReplacingMergeTree(revision)
PARTITION BY wave_id
ORDER BY (wave_id, ballot_id);

-- A closed wave's answers, rewritten without revision and sorted by the random ballot id: order of arrival is gone.
CREATE TABLE IF NOT EXISTS pulse_ballots.closed_answers
(
    wave_id   LowCardinality(String),
    ballot_id FixedString(32),
    node_id   LowCardinality(String),
    item_id   LowCardinality(String),
    value     Nullable(UInt8)
)
ENGINE = ReplacingMergeTree
PARTITION BY wave_id
ORDER BY (wave_id, ballot_id, item_id);

CREATE TABLE IF NOT EXISTS pulse_ballots.comments
(
    wave_id    LowCardinality(String),
    comment_id FixedString(32),
    question   LowCardinality(String),
    text       String
)
ENGINE = ReplacingMergeTree
PARTITION BY wave_id
ORDER BY (wave_id, comment_id);

-- Exact counts of people: invited at opening; at close, ballots acknowledged and ballots that took a revision at all.
CREATE TABLE IF NOT EXISTS pulse_ballots.invited
(
    wave_id LowCardinality(String),
    node_id LowCardinality(String),
    invited UInt32
)
ENGINE = ReplacingMergeTree
ORDER BY (wave_id, node_id);

CREATE TABLE IF NOT EXISTS pulse_ballots.unit_counts
(
    wave_id       LowCardinality(String),
    node_id       LowCardinality(String),
    acknowledged  UInt32,
    with_revision UInt32
)
ENGINE = ReplacingMergeTree
ORDER BY (wave_id, node_id);

-- Dead letters of answers and comments: without offset, erased with their wave where it could be read ('' where not).
CREATE TABLE IF NOT EXISTS pulse_ballots.dead_letters
(
    topic       LowCardinality(String),
    record_hash FixedString(64) COMMENT 'sha256 of topic, key and value: the same record lands once',
    wave_id     LowCardinality(String),
    key         String,
    raw         String COMMENT 'bytes as received',
    error_class LowCardinality(String),
    error_text  String,
    software    LowCardinality(String)
)
ENGINE = ReplacingMergeTree
ORDER BY (topic, record_hash);
