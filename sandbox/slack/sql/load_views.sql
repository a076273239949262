SELECT id, kind, user, body, hash, root_id, previous_id, sequence
FROM view
ORDER BY sequence;
