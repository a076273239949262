-- Format 2 of what is published: rows per window, distributions, arms, and comments by themselves. Natural keys and no
-- times of people, as in 0004: a release that was cut off is done again and changes nothing.

-- Classes of distributions (ten answers or more), and the histogram of every item in them.
CREATE TABLE IF NOT EXISTS pulse_ballots.distribution_units
(
    wave_id  LowCardinality(String),
    node_id  LowCardinality(String) COMMENT 'the unit',
    class_id LowCardinality(String) COMMENT 'its nearest node of which distributions may be shown, itself included'
)
ENGINE = ReplacingMergeTree
ORDER BY (wave_id, node_id);

CREATE TABLE IF NOT EXISTS pulse_ballots.class_histograms
(
    wave_id  LowCardinality(String),
    class_id LowCardinality(String),
    item_id  LowCardinality(String),
    answers  Array(UInt32) COMMENT 'of the points 1..m',
    unsaid   UInt32 COMMENT '"rather not say"'
)
ENGINE = ReplacingMergeTree
ORDER BY (wave_id, class_id, item_id);

-- What a champion decided about a comment; the last decision stands until the comments are released.
CREATE TABLE IF NOT EXISTS pulse_ballots.comment_reviews
(
    wave_id    LowCardinality(String),
    comment_id FixedString(32),
    publish    Bool,
    decided_at DateTime64(6, 'UTC') COMMENT 'by the champion, campaign time of no employee'
)
ENGINE = ReplacingMergeTree(decided_at)
ORDER BY (wave_id, comment_id);

CREATE TABLE IF NOT EXISTS pulse_release.window_cells
(
    window_id          LowCardinality(String),
    wave_id            LowCardinality(String) COMMENT 'the wave in whose document it stands',
    node_id            LowCardinality(String),
    measure            LowCardinality(String),
    status             LowCardinality(String),
    score              Nullable(Float64),
    score_label        Nullable(String),
    low                Nullable(Float64),
    high               Nullable(Float64),
    n_band             Nullable(String),
    standard_error     Nullable(Float64),
    degrees_of_freedom Nullable(Float64)
)
ENGINE = ReplacingMergeTree
ORDER BY (window_id, measure, node_id);

CREATE TABLE IF NOT EXISTS pulse_release.distributions
(
    wave_id         LowCardinality(String) COMMENT 'the wave in whose document it stands',
    window_id       LowCardinality(String) COMMENT 'empty for a number of the wave itself',
    node_id         LowCardinality(String),
    item            LowCardinality(String),
    status          LowCardinality(String),
    n_band          Nullable(String),
    shares          Array(String) COMMENT 'labels of the points 1..m; empty where hidden',
    resisters       Nullable(String),
    resisters_low   Nullable(Float64),
    resisters_high  Nullable(Float64),
    rather_not_say  Nullable(String)
)
ENGINE = ReplacingMergeTree
ORDER BY (wave_id, window_id, item, node_id);

CREATE TABLE IF NOT EXISTS pulse_release.arms
(
    announcement       LowCardinality(String) COMMENT 'empty for an arm by phase',
    arm                LowCardinality(String),
    of_wave            LowCardinality(String) COMMENT 'what the number is of; empty for a window',
    window_id          LowCardinality(String) COMMENT 'empty for a wave',
    wave_id            LowCardinality(String) COMMENT 'the wave in whose document it stands',
    measure            LowCardinality(String),
    status             LowCardinality(String),
    score              Nullable(Float64),
    score_label        Nullable(String),
    n_band             Nullable(String),
    standard_error     Nullable(Float64),
    degrees_of_freedom Nullable(Float64),
    classes            Nullable(UInt32)
)
ENGINE = ReplacingMergeTree
ORDER BY (announcement, arm, of_wave, window_id, measure);

-- Comments of a wave, released apart from its scores and with a hash of their own; no row where they never are.
CREATE TABLE IF NOT EXISTS pulse_release.comment_releases
(
    wave_id     LowCardinality(String),
    closed_at   DateTime64(3, 'UTC'),
    released_at DateTime64(3, 'UTC') COMMENT 'campaign time',
    sha256      FixedString(64) COMMENT 'of document',
    document    String COMMENT 'the published bytes, JSON'
)
ENGINE = ReplacingMergeTree
ORDER BY wave_id;
