INSERT OR REPLACE INTO message
    (channel, ts, sequence, author, text, blocks, campaign_at, thread_ts, edited_ts, metadata, reactions, deleted)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);
