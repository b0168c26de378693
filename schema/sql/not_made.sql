-- What is not made at the destination although the rows are right there.
-- $1 oid[] of the tables
WITH t AS (
    SELECT c.*, format('%s.%s', n.nspname, c.relname) AS full_name
      FROM pg_class AS c
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.oid = ANY ($1::oid[])
)
SELECT false AS fatal, 'trigger' AS kind, t.full_name || ': ' || g.tgname AS object,
       'triggers are not copied' AS reason
  FROM t
  JOIN pg_trigger AS g ON g.tgrelid = t.oid AND NOT g.tgisinternal
 WHERE NOT t.relispartition
UNION ALL
SELECT false, 'rule', t.full_name || ': ' || r.rulename, 'rules are not copied'
  FROM t
  JOIN pg_rewrite AS r ON r.ev_class = t.oid
UNION ALL
SELECT false, 'policy', t.full_name || ': ' || p.polname, 'row security policies are not copied'
  FROM t
  JOIN pg_policy AS p ON p.polrelid = t.oid
UNION ALL
SELECT false, 'tablespace', t.full_name || CASE WHEN c.oid = t.oid THEN '' ELSE ': ' || c.relname END,
       format('is in tablespace %s, at the destination it will be in the default one', s.spcname)
  FROM t
  LEFT JOIN pg_index AS i ON i.indrelid = t.oid
  JOIN pg_class AS c ON c.oid IN (t.oid, i.indexrelid)
  JOIN pg_tablespace AS s ON s.oid = c.reltablespace
 GROUP BY t.full_name, t.oid, c.oid, c.relname, s.spcname
UNION ALL
SELECT false, 'foreign_key', t.full_name || ': ' || con.conname,
       format('references %s, which is not selected', con.confrelid::regclass)
  FROM t
  JOIN pg_constraint AS con ON con.conrelid = t.oid AND con.contype = 'f' AND con.conparentid = 0
 WHERE con.confrelid <> ALL ($1::oid[])
 ORDER BY 2, 3, 4;
