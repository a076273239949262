INSERT OR REPLACE INTO read_mark (user, channel, ts) VALUES (?, ?, ?);
