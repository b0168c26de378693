-- The commit flushes what was written before. Else, on an idle source, what nobody waits for (pages
-- that a reader pruned) would stay unflushed for a while, and we would wait with it.
BEGIN;
SET LOCAL synchronous_commit = local;
SELECT pg_logical_emit_message(true, 'walferry', 'snapshot');
COMMIT;
-- Opens the transaction that holds the snapshot; it stays open until the last row is copied. All
-- three values are of the same snapshot, and the position is not before anything that it sees.
BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;
SELECT pg_export_snapshot() AS name,
       pg_current_snapshot()::text AS snapshot,
       pg_current_wal_insert_lsn()::text AS lsn;
