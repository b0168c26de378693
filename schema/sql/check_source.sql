-- What the source's server and our role there allow, in one row.
SELECT current_setting('server_version') AS version,
       current_setting('server_encoding') AS encoding,
       pg_is_in_recovery() AS in_recovery,
       current_setting('wal_level') AS wal_level,
       current_setting('max_replication_slots')::int AS max_slots,
       (SELECT count(*) FROM pg_replication_slots) AS slots,
       current_setting('max_wal_senders')::int AS max_senders,
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'walsender') AS senders,
       current_setting('max_slot_wal_keep_size') AS wal_keep,
       (SELECT setting::bigint FROM pg_settings WHERE name = 'max_slot_wal_keep_size') AS wal_keep_mb,
       coalesce(current_setting('idle_replication_slot_timeout', true), '0') AS idle_slot_timeout,
       -- Amazon RDS gives the right by membership in a role of its own
       (SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user)
           OR EXISTS (SELECT FROM pg_roles
                       WHERE rolname = 'rds_replication' AND pg_has_role(oid, 'USAGE')) AS may_replicate,
       EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_replication') AS is_rds,
       has_database_privilege(current_database(), 'CREATE') AS may_create,
       quote_ident(current_user) AS role,
       quote_ident(current_database()) AS database,
       coalesce(inet_server_addr()::text || ' port ' || inet_server_port(), 'a local socket') AS address,
       coalesce(inet_client_addr()::text, 'a local socket') AS client,
       -- a physical copy has the same system identifier: the start of the server tells it apart
       (SELECT system_identifier::text FROM pg_control_system()) || '/' ||
       pg_postmaster_start_time() || '/' ||
       (SELECT oid FROM pg_database WHERE datname = current_database()) AS identity;
