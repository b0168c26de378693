-- Which cluster this is, and on which timeline it writes.
SELECT s.system_identifier::text AS system_identifier,
       ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int AS timeline
  FROM pg_control_system() AS s;
