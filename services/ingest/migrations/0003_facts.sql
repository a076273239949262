-- What is no secret of anyone: waves, the tree, closing markers, announcements, outcomes. Counts of people stand in
-- pulse_ballots. A row of waves (or wave_closes) is written after all rows that belong to it: readers join on it.

CREATE TABLE IF NOT EXISTS pulse_facts.waves
(
    wave_id            LowCardinality(String),
    campaign_id        LowCardinality(String),
    title_nl           String,
    title_en           String,
    opens_at           DateTime64(3, 'UTC'),
    closes_at          DateTime64(3, 'UTC'),
    items              String COMMENT 'JSON array of items as asked (contracts.survey.Item)',
    score_floor        UInt16,
    distribution_floor UInt16
)
ENGINE = ReplacingMergeTree
ORDER BY wave_id;

CREATE TABLE IF NOT EXISTS pulse_facts.nodes
(
    wave_id  LowCardinality(String),
    node_id  LowCardinality(String),
    position UInt32 COMMENT 'order in the tree, parents before children',
    parent   LowCardinality(String) COMMENT 'empty for the root',
    name_nl  String,
    name_en  String,
    phase    LowCardinality(String) COMMENT 'empty where none or mixed',
    cadence  LowCardinality(String)
)
ENGINE = ReplacingMergeTree
ORDER BY (wave_id, node_id);

CREATE TABLE IF NOT EXISTS pulse_facts.wave_closes
(
    wave_id   LowCardinality(String),
    closed_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY wave_id;

CREATE TABLE IF NOT EXISTS pulse_facts.wave_ends
(
    wave_id   LowCardinality(String),
    topic     LowCardinality(String),
    partition UInt16
)
ENGINE = ReplacingMergeTree
ORDER BY (wave_id, topic, partition);

CREATE TABLE IF NOT EXISTS pulse_facts.announcements
(
    announcement_id LowCardinality(String) COMMENT 'or concern_id, promise_id',
    event_type      LowCardinality(String),
    at              DateTime64(3, 'UTC') COMMENT 'published, corrected, counted or answered; campaign time',
    payload         String COMMENT 'JSON of the event'
)
ENGINE = ReplacingMergeTree
ORDER BY (announcement_id, event_type, at);

CREATE TABLE IF NOT EXISTS pulse_facts.outcomes
(
    outcome_id   LowCardinality(String),
    node_id      LowCardinality(String),
    measure      LowCardinality(String),
    value        Float64,
    unit         String,
    period_start Date,
    period_end   Date
)
ENGINE = ReplacingMergeTree
ORDER BY outcome_id;
