-- What a release writes. Cells first, the row of releases last: a wave is released when that row is there, and readers
-- join on it. Natural keys everywhere, so that a release that was cut off can be done again and changes nothing.

-- A row says that closed_answers holds the whole wave: from then on the wave is never rewritten again.
CREATE TABLE IF NOT EXISTS pulse_ballots.wave_rewrites
(
    wave_id LowCardinality(String),
    answers UInt64 COMMENT 'rows in closed_answers'
)
ENGINE = ReplacingMergeTree
ORDER BY wave_id;

-- Which nodes are safe to publish, for scores and for distributions; windows and arms are made from these.
CREATE TABLE IF NOT EXISTS pulse_ballots.releasable_nodes
(
    wave_id       LowCardinality(String),
    node_id       LowCardinality(String),
    scores        Bool,
    distributions Bool
)
ENGINE = ReplacingMergeTree
ORDER BY (wave_id, node_id);

-- Classes: the people whom no published node separates. Exact counts, so they stay with the ballots.
CREATE TABLE IF NOT EXISTS pulse_ballots.class_units
(
    wave_id  LowCardinality(String),
    node_id  LowCardinality(String) COMMENT 'the unit',
    class_id LowCardinality(String) COMMENT 'its nearest published node, itself included'
)
ENGINE = ReplacingMergeTree
ORDER BY (wave_id, node_id);

CREATE TABLE IF NOT EXISTS pulse_ballots.class_people
(
    wave_id  LowCardinality(String),
    class_id LowCardinality(String),
    invited  UInt32,
    ballots  UInt32
)
ENGINE = ReplacingMergeTree
ORDER BY (wave_id, class_id);

CREATE TABLE IF NOT EXISTS pulse_ballots.class_sums
(
    wave_id  LowCardinality(String),
    class_id LowCardinality(String),
    item_id  LowCardinality(String),
    answers  UInt32 COMMENT 'without "rather not say"',
    total    UInt64 COMMENT 'sum of the answers 1..m',
    squares  UInt64 COMMENT 'sum of their squares'
)
ENGINE = ReplacingMergeTree
ORDER BY (wave_id, class_id, item_id);

-- Published numbers, as published. A hidden cell is null in everything but wave, node, measure and status.
CREATE TABLE IF NOT EXISTS pulse_release.cells
(
    wave_id            LowCardinality(String),
    node_id            LowCardinality(String),
    measure            LowCardinality(String),
    status             LowCardinality(String),
    score              Nullable(Float64),
    score_label        Nullable(String),
    low                Nullable(Float64),
    high               Nullable(Float64),
    n                  Nullable(UInt32) COMMENT 'organisation only, from 100',
    n_band             Nullable(String),
    response_band      Nullable(String),
    standard_error     Nullable(Float64),
    degrees_of_freedom Nullable(Float64)
)
ENGINE = ReplacingMergeTree
ORDER BY (wave_id, measure, node_id);

CREATE TABLE IF NOT EXISTS pulse_release.releases
(
    wave_id     LowCardinality(String),
    closed_at   DateTime64(3, 'UTC'),
    released_at DateTime64(3, 'UTC') COMMENT 'campaign time',
    sha256      FixedString(64) COMMENT 'of document',
    document    String COMMENT 'the published bytes, JSON'
)
ENGINE = ReplacingMergeTree
ORDER BY wave_id;
