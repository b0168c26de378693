-- Tables, constraints and indexes that cannot be copied faithfully, with the reason.
-- $1 oid[] of the tables
WITH t AS (
    SELECT c.*, format('%s.%s', n.nspname, c.relname) AS full_name
      FROM pg_class AS c
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.oid = ANY ($1::oid[])
), indexes AS (
    SELECT i.*, t.full_name, ic.relname AS index_name, m.amname, i.indexrelid AS index_oid
      FROM t
      JOIN pg_index AS i ON i.indrelid = t.oid
      JOIN pg_class AS ic ON ic.oid = i.indexrelid
      JOIN pg_am AS m ON m.oid = ic.relam
)
SELECT true AS fatal, 'unlogged' AS kind, full_name AS object,
       'its changes are not in the write-ahead log' AS reason
  FROM t
 WHERE relpersistence = 'u'
UNION ALL
SELECT true, 'inheritance', full_name, 'it inherits from, or is inherited by, another table'
  FROM t
 WHERE relkind = 'r' AND NOT relispartition
   AND EXISTS (SELECT FROM pg_inherits WHERE oid IN (inhrelid, inhparent))
UNION ALL
SELECT true, 'typed_table', full_name, format('it is a table of type %s', format_type(reloftype, NULL))
  FROM t
 WHERE reloftype <> 0
UNION ALL
SELECT true, 'foreign_partition', full_name, 'the partition is a foreign table'
  FROM t
 WHERE relkind = 'f'
UNION ALL
SELECT true, 'access_method', full_name, format('it is stored by %s, not heap', m.amname)
  FROM t
  JOIN pg_am AS m ON m.oid = t.relam
 WHERE t.relkind = 'r' AND m.amname <> 'heap'
UNION ALL
SELECT true, 'exclusion_constraint', t.full_name || ': ' || con.conname, 'an exclusion constraint'
  FROM t
  JOIN pg_constraint AS con ON con.conrelid = t.oid AND con.contype = 'x'
UNION ALL
SELECT true, 'index', full_name || ': ' || index_name, format('an index of method %s', amname)
  FROM indexes
 WHERE amname <> 'btree' AND NOT indisexclusion
 ORDER BY 2, 3, 4;
