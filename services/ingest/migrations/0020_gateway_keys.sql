-- Which Idempotency-Key of which caller was used for what: hashes alone, forgotten after a week (wall clock, not a wave's).
CREATE TABLE IF NOT EXISTS pulse_facts.gateway_keys
(
    key     FixedString(64) COMMENT 'sha256 of the caller and its key',
    content FixedString(64) COMMENT 'sha256 of what was asked with it',
    at      DateTime('UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY key
TTL at + INTERVAL 7 DAY
