-- Two processes may release waves of a campaign at the same moment, and may have computed them differently. A claim holds
-- all that a release writes, and its place in the sequence of the campaign's releases. A place is taken once, since
-- ClickHouse drops an insert whose token it has seen; every process writes what the claims that stand say. Replicated
-- tables see the tokens of all replicas; the others as set here.
CREATE TABLE IF NOT EXISTS pulse_ballots.release_claims
(
    wave_id     LowCardinality(String),
    campaign_id LowCardinality(String),
    claimant    FixedString(32) COMMENT 'drawn at random by whoever claimed',
    closed_at   DateTime64(3, 'UTC'),
    released_at DateTime64(3, 'UTC') COMMENT 'campaign time',
    sha256      FixedString(64) COMMENT 'of document',
    document    String COMMENT 'the bytes to be published, JSON',
    parts       String COMMENT 'JSON: the rows of class tables and cells; erased with the ballots'
)
ENGINE = ReplacingMergeTree
ORDER BY (wave_id, claimant)
SETTINGS non_replicated_deduplication_window = 1000, old_parts_lifetime = 30;

ALTER TABLE pulse_release.releases MODIFY SETTING non_replicated_deduplication_window = 1000;
ALTER TABLE pulse_release.comment_releases MODIFY SETTING non_replicated_deduplication_window = 1000
