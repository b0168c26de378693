-- Tables that cannot be copied faithfully, with the reason.
-- $1 oid[] of the tables
WITH t AS (
    SELECT c.*, format('%s.%s', n.nspname, c.relname) AS full_name
      FROM pg_class AS c
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.oid = ANY ($1::oid[])
)
SELECT true AS fatal, 'unlogged' AS kind, full_name AS object,
       'its changes are not in the write-ahead log' AS reason
  FROM t
 WHERE relpersistence = 'u'
UNION ALL
SELECT true, 'foreign_partition', full_name, 'the partition is a foreign table'
  FROM t
 WHERE relkind = 'f'
UNION ALL
SELECT true, 'access_method', full_name, format('it is stored by %s, not heap', m.amname)
  FROM t
  JOIN pg_am AS m ON m.oid = t.relam
 WHERE t.relkind = 'r' AND m.amname <> 'heap'
 ORDER BY 2, 3, 4;
