-- The position of a lane, in the transaction of its rows. Hits no row when another process has
-- taken the lane over. $1 task, $2 lane, $3 our generation, $4 epoch, $5 commit_lsn, $6 ordinal,
-- $7 resume_lsn, $8 next_record_id.
UPDATE walferry.progress
   SET epoch = $4::bigint, commit_lsn = $5::pg_lsn, ordinal = $6::bigint, resume_lsn = $7::pg_lsn,
       next_record_id = $8::bigint, pid = pg_backend_pid(), updated = clock_timestamp()
 WHERE task = $1::text AND lane = $2::int AND generation = $3::bigint
