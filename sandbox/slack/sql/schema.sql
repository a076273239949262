-- What the emulated workspace must remember over a crash. Loaded whole at start, written in batches.
CREATE TABLE IF NOT EXISTS conversation (
    id TEXT PRIMARY KEY,
    user TEXT NOT NULL UNIQUE
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS message (
    channel TEXT NOT NULL,
    ts TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    author TEXT NOT NULL,
    text TEXT NOT NULL,
    blocks BLOB NOT NULL,
    campaign_at TEXT NOT NULL,
    thread_ts TEXT,
    edited_ts TEXT,
    metadata BLOB,
    reactions BLOB NOT NULL,
    deleted INTEGER NOT NULL,
    PRIMARY KEY (channel, ts)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS view (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    user TEXT NOT NULL,
    body BLOB NOT NULL,
    hash TEXT NOT NULL,
    root_id TEXT NOT NULL,
    previous_id TEXT,
    sequence INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS read_mark (
    user TEXT NOT NULL,
    channel TEXT NOT NULL,
    ts TEXT NOT NULL,
    PRIMARY KEY (user, channel)
) WITHOUT ROWID;
