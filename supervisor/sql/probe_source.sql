-- How far the source is and what our slot keeps there; NULLs while there is no such slot. The insert
-- position, not the flushed one: whatever was committed before, synchronously or not, lies before it.
SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS clock_us,
       pg_current_wal_insert_lsn()::text AS wal_lsn,
       s.confirmed_flush_lsn::text AS confirmed_lsn,
       pg_wal_lsn_diff(pg_current_wal_insert_lsn(), s.confirmed_flush_lsn)::bigint AS lag_bytes,
       pg_wal_lsn_diff(pg_current_wal_insert_lsn(), s.restart_lsn)::bigint AS retained_bytes,
       s.wal_status
  FROM (SELECT 1) AS one
  LEFT JOIN pg_replication_slots AS s ON s.slot_name = '%s';
