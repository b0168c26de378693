-- A loader takes a lane over. $1 task, $2 lane. The UPDATE waits for a commit of the predecessor
-- that is still under way, so that its position is seen; from then on the predecessor's generation
-- is not ours, and it can commit nothing more.
UPDATE walferry.progress
   SET generation = generation + 1, pid = pg_backend_pid(), updated = clock_timestamp()
 WHERE task = $1 AND lane = $2::int
RETURNING generation, commit_lsn::text AS commit_lsn, ordinal, resume_lsn::text AS resume_lsn,
          next_record_id, coalesce(task_uuid, '') AS task_uuid
