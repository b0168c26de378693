-- A slot of that name, wherever in the cluster.
-- $1 slot name
SELECT coalesce(database, '') AS database,
       coalesce(plugin, '') AS plugin,
       database IS NOT DISTINCT FROM current_database() AS here,
       coalesce(active_pid, 0) AS active_pid,
       confirmed_flush_lsn
  FROM pg_replication_slots
 WHERE slot_name = $1;
