INSERT OR REPLACE INTO view (id, kind, user, body, hash, root_id, previous_id, sequence)
VALUES (?, ?, ?, ?, ?, ?, ?, ?);
