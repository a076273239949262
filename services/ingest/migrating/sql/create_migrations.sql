-- Two runs at the same time leave one row a migration.
CREATE TABLE IF NOT EXISTS pulse_facts.schema_migrations
(
    number     UInt16,
    name       String,
    checksum   String COMMENT 'sha256 of the file',
    applied_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY number
