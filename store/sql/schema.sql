-- The store's tables. LSNs and record ids are kept as the 64-bit integers that they are.
CREATE TABLE task (
    name              TEXT PRIMARY KEY,
    uuid              TEXT NOT NULL,
    tag               TEXT NOT NULL,
    file              TEXT NOT NULL,
    settings          TEXT NOT NULL,
    state             TEXT NOT NULL,
    phase             TEXT NOT NULL,
    created_ms        INTEGER NOT NULL,
    epoch             INTEGER NOT NULL DEFAULT 0,
    system_identifier TEXT NOT NULL DEFAULT '',
    timeline          INTEGER NOT NULL DEFAULT 0,
    slot_lsn          INTEGER NOT NULL DEFAULT 0,
    snapshot_lsn      INTEGER NOT NULL DEFAULT 0,
    consistent        INTEGER NOT NULL DEFAULT 0,
    attempts          INTEGER NOT NULL DEFAULT 0,
    applied           INTEGER NOT NULL DEFAULT 0,
    redelivered       INTEGER NOT NULL DEFAULT 0,
    duplicates        INTEGER NOT NULL DEFAULT 0,
    rows_missing      INTEGER NOT NULL DEFAULT 0,
    rows_replaced     INTEGER NOT NULL DEFAULT 0,
    rewinds           INTEGER NOT NULL DEFAULT 0,
    error_kind        TEXT,
    error_message     TEXT,
    error_object      TEXT,
    error_key         TEXT,
    error_position    TEXT,
    error_hint        TEXT,
    model             BLOB
) STRICT;

CREATE TABLE lane (
    task           TEXT NOT NULL REFERENCES task (name) ON DELETE CASCADE,
    lane           INTEGER NOT NULL,
    generation     INTEGER NOT NULL DEFAULT 0, -- of its process, where the destination keeps none
    commit_lsn     INTEGER NOT NULL DEFAULT 0,
    ordinal        INTEGER NOT NULL DEFAULT 0,
    resume_lsn     INTEGER NOT NULL DEFAULT 0,
    next_record_id INTEGER NOT NULL DEFAULT 0,
    commit_time_us INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (task, lane)
) STRICT, WITHOUT ROWID;

CREATE TABLE relation (
    task            TEXT NOT NULL REFERENCES task (name) ON DELETE CASCADE,
    oid             INTEGER NOT NULL,
    schema          TEXT NOT NULL,
    name            TEXT NOT NULL,
    state           INTEGER NOT NULL,
    gate            BLOB,
    estimated_rows  INTEGER NOT NULL,
    estimated_bytes INTEGER NOT NULL,
    PRIMARY KEY (task, oid)
) STRICT, WITHOUT ROWID;

CREATE TABLE chunk (
    task        TEXT NOT NULL,
    oid         INTEGER NOT NULL,
    chunk       INTEGER NOT NULL,
    first_block INTEGER NOT NULL,
    end_block   INTEGER NOT NULL,
    done        INTEGER NOT NULL DEFAULT 0,
    rows        INTEGER NOT NULL DEFAULT 0,
    kept        INTEGER NOT NULL DEFAULT 0, -- of rows: the destination had one of that key
    bytes       INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (task, oid, chunk),
    FOREIGN KEY (task, oid) REFERENCES relation (task, oid) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Where the destination keeps no position of ours: tables that are further than their lane.
CREATE TABLE table_position (
    task       TEXT NOT NULL,
    lane       INTEGER NOT NULL,
    oid        INTEGER NOT NULL,
    commit_lsn INTEGER NOT NULL,
    ordinal    INTEGER NOT NULL,
    PRIMARY KEY (task, lane, oid),
    FOREIGN KEY (task, lane) REFERENCES lane (task, lane) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Loads of cuts that are not finished. Checksums are unsigned, and kept as the same 64 bits.
CREATE TABLE intent (
    task          TEXT NOT NULL,
    label         TEXT NOT NULL,
    lane          INTEGER NOT NULL,
    oid           INTEGER NOT NULL,
    copy          INTEGER NOT NULL,
    chunk         INTEGER NOT NULL,
    first_lsn     INTEGER NOT NULL,
    first_ordinal INTEGER NOT NULL,
    last_lsn      INTEGER NOT NULL,
    last_ordinal  INTEGER NOT NULL,
    first_row     INTEGER NOT NULL,
    rows          INTEGER NOT NULL,
    column_set    INTEGER NOT NULL,
    checksum      INTEGER NOT NULL,
    attempt       INTEGER NOT NULL,
    state         INTEGER NOT NULL,
    granted_ms    INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (task, label),
    FOREIGN KEY (task, lane) REFERENCES lane (task, lane) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 3;
