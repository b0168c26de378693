-- A replication slot, and who holds it; to be formatted with the literal of its name.
SELECT s.plugin,
       s.database = current_database() AS here,
       s.active,
       s.active_pid,
       s.confirmed_flush_lsn,
       coalesce(s.wal_status, '') AS wal_status,
       a.pid IS NOT NULL AS known,
       coalesce(a.application_name, '') AS application_name,
       coalesce(a.usename = current_user, false) AS same_user
  FROM pg_catalog.pg_replication_slots s
  LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = s.active_pid
 WHERE s.slot_name = %s
