-- The next revision of a ballot. As text, since SQLAlchemy compiles insert-or-update anew for every call (0.3 ms).
INSERT INTO ballot_revision (wave_id, ballot_id, node_id, revision)
VALUES (:wave_id, :ballot_id, :node_id, 1)
ON CONFLICT (wave_id, ballot_id) DO UPDATE SET revision = ballot_revision.revision + 1
RETURNING revision
