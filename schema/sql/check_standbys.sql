-- Standbys that stream from the source, and what each lacks to take over with our slot (17 and up).
-- Some of what others' connections do is hidden from a role without pg_read_all_stats: then NULL.
WITH standby AS (
    SELECT r.application_name, r.client_addr, s.slot_name, s.xmin
      FROM pg_stat_replication AS r
      LEFT JOIN pg_replication_slots AS s ON s.active_pid = r.pid
     WHERE s.slot_type IS DISTINCT FROM 'logical'
       AND r.state IS DISTINCT FROM 'backup'
       AND r.application_name NOT IN ('pg_receivewal', 'pg_basebackup')
)
SELECT coalesce(slot_name, nullif(application_name, ''), client_addr::text, 'a standby') AS standby,
       slot_name IS NULL AS no_slot,
       xmin IS NULL AS no_feedback,
       (slot_name = ANY (string_to_array(translate(
            coalesce(current_setting('synchronized_standby_slots', true), ''), ' "', ''), ',')))
            IS NOT TRUE AS unlisted,
       NOT EXISTS (SELECT FROM pg_stat_activity
                    WHERE application_name LIKE '%slotsync worker') AS no_worker
  FROM standby
 ORDER BY 1;
