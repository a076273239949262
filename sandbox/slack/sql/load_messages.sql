SELECT channel, ts, sequence, author, text, blocks, campaign_at, thread_ts, edited_ts, metadata, reactions, deleted
FROM message
ORDER BY channel, ts;
