-- The transactions that the making of a slot waits for.
-- $1 pid of the backend that makes it
SELECT format('pid %s (user %s, application "%s")%s', a.pid, coalesce(a.usename, '?'),
              a.application_name,
              ', in transaction since ' || a.xact_start::timestamptz(0)) AS who
  FROM unnest(pg_blocking_pids($1::int)) AS blocking (pid)
  JOIN pg_stat_activity AS a ON a.pid = blocking.pid
UNION ALL
SELECT format('prepared transaction "%s" of %s', p.gid, p.prepared::timestamptz(0))
  FROM pg_locks AS l
  JOIN pg_prepared_xacts AS p ON p.transaction = l.transactionid
 WHERE l.pid = $1::int AND l.locktype = 'transactionid' AND NOT l.granted
 ORDER BY 1;
