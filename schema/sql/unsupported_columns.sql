-- Columns of the tables that cannot be copied faithfully, with the reason.
-- $1 oid[] of the tables
WITH t AS (
    SELECT c.*, format('%s.%s', n.nspname, c.relname) AS full_name
      FROM pg_class AS c
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.oid = ANY ($1::oid[])
)
SELECT true AS fatal, 'type' AS kind, t.full_name || '.' || a.attname AS object,
       format('type %s takes no values: what is in it cannot be written again', format_type(ty.oid, NULL)) AS reason
  FROM t
  JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type AS ty ON ty.oid = a.atttypid
  LEFT JOIN pg_type AS el ON el.oid = ty.typelem AND el.typarray = ty.oid
 WHERE coalesce(el.typnamespace, ty.typnamespace) = 'pg_catalog'::regnamespace
   AND coalesce(el.typname, ty.typname) IN ('gtsvector', 'pg_brin_bloom_summary',
       'pg_brin_minmax_multi_summary', 'pg_dependencies', 'pg_mcv_list', 'pg_ndistinct', 'pg_node_tree')
UNION ALL
SELECT true, 'partition_identity', t.full_name || '.' || a.attname,
       'an identity column of the partition itself'
  FROM t
  JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attidentity <> ''
 WHERE t.relispartition AND current_setting('server_version_num')::int < 170000
 ORDER BY 2, 3, 4;
