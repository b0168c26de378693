-- The catalog's own tables. The rows of a table lie in one named t<id> (storage.c).
CREATE TABLE IF NOT EXISTS sim_databases (name TEXT PRIMARY KEY) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS sim_tables (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    definition TEXT NOT NULL,
    generation INTEGER NOT NULL DEFAULT 1,  -- raised by TRUNCATE: older loads write nowhere
    version INTEGER NOT NULL DEFAULT 1      -- raised by every published load
);

-- Published transactions, so that publishing again does nothing.
CREATE TABLE IF NOT EXISTS sim_published (txn INTEGER PRIMARY KEY);
