-- Opens the transaction that holds the snapshot; it stays open until the last row is copied. All
-- three values are of the same snapshot, and the position is not before anything that it sees.
BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;
SELECT pg_export_snapshot() AS name,
       pg_current_snapshot()::text AS snapshot,
       pg_current_wal_insert_lsn()::text AS lsn;
