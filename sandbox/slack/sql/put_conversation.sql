INSERT OR REPLACE INTO conversation (id, user) VALUES (?, ?);
