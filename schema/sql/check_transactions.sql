-- Transactions that the making of a slot would wait for a long time.
-- $1 seconds that are not long yet
SELECT format('pid %s', pid) AS object,
       format('of user %s, application "%s", open since %s', usename, application_name,
              xact_start::timestamptz(0)) AS what
  FROM pg_stat_activity
 WHERE backend_xid IS NOT NULL AND now() - xact_start > make_interval(secs => $1::int)
UNION ALL
SELECT format('prepared transaction "%s"', gid),
       format('of user %s in database %s, prepared %s', owner, database, prepared::timestamptz(0))
  FROM pg_prepared_xacts
 ORDER BY 1;
