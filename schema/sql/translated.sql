-- The constraints of a table, and the indexes behind no constraint: of these what stands behind the
-- table's name. Older servers say pg_temp_3 where newer ones say pg_temp.
-- $1 regclass of a temporary table
SELECT con.conname AS name, pg_get_constraintdef(con.oid) AS definition
  FROM pg_constraint AS con
 WHERE con.conrelid = $1::regclass
UNION ALL
SELECT c.relname,
       (SELECT substr(pg_get_indexdef(c.oid), length(head.text) + 1)
          FROM (SELECT format('CREATE %sINDEX %I ON %I.%I ',
                              CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END,
                              c.relname, s.name, t.relname) AS text
                  FROM (VALUES ('pg_temp'), (n.nspname::text)) AS s (name)) AS head
         WHERE starts_with(pg_get_indexdef(c.oid), head.text))
  FROM pg_index AS i
  JOIN pg_class AS c ON c.oid = i.indexrelid
  JOIN pg_class AS t ON t.oid = i.indrelid
  JOIN pg_namespace AS n ON n.oid = t.relnamespace
 WHERE i.indrelid = $1::regclass
   AND NOT EXISTS (SELECT FROM pg_constraint AS con WHERE con.conindid = i.indexrelid);
