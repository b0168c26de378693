-- What the destination's server and our role there allow, in one row.
-- $1 text[] of the schemas that tables will stand in
SELECT current_setting('server_version') AS version,
       current_setting('server_encoding') AS encoding,
       pg_is_in_recovery() AS in_recovery,
       has_database_privilege(current_database(), 'CREATE') AS may_create,
       has_database_privilege(current_database(), 'TEMPORARY') AS may_use_temporary,
       (SELECT string_agg(quote_ident(nspname), ', ' ORDER BY nspname)
          FROM pg_namespace
         WHERE nspname = ANY ($1::text[]) AND NOT has_schema_privilege(oid, 'CREATE')) AS closed,
       quote_ident(current_user) AS role,
       quote_ident(current_database()) AS database,
       coalesce(inet_server_addr()::text || ' port ' || inet_server_port(), 'a local socket') AS address,
       coalesce(inet_client_addr()::text, 'a local socket') AS client,
       -- a physical copy has the same system identifier: the start of the server tells it apart
       (SELECT system_identifier::text FROM pg_control_system()) || '/' ||
       pg_postmaster_start_time() || '/' ||
       (SELECT oid FROM pg_database WHERE datname = current_database()) AS identity;
