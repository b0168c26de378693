-- The transactions of all databases.
--   later, later_ms  what is decided about a PREPARE whose client has gone: a state, a time
--   committed        the order of the commits, over all databases
CREATE TABLE IF NOT EXISTS txn (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    database    TEXT NOT NULL,
    target      TEXT NOT NULL,
    label       TEXT NOT NULL,
    state       INTEGER NOT NULL,
    coordinator INTEGER NOT NULL,
    expires_ms  INTEGER NOT NULL,
    later       INTEGER NOT NULL DEFAULT 0,
    later_ms    INTEGER NOT NULL DEFAULT 0,
    committed   INTEGER NOT NULL DEFAULT 0,
    publish_ms  INTEGER NOT NULL DEFAULT 0,
    finished_ms INTEGER NOT NULL DEFAULT 0,
    reason      TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS txn_label ON txn (database, label, id);
CREATE INDEX IF NOT EXISTS txn_state ON txn (state, database, id);
CREATE INDEX IF NOT EXISTS txn_finished ON txn (finished_ms);
CREATE INDEX IF NOT EXISTS txn_committed ON txn (committed);
