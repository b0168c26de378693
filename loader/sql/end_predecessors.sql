-- Ends what an earlier process of this lane has left behind, a backend whose host is dead among
-- them. $1 application_name, $2 our own pids (int[]).
SELECT pg_terminate_backend(pid)
  FROM pg_stat_activity
 WHERE application_name = $1 AND usename = current_user AND pid <> ALL ($2::int[])
