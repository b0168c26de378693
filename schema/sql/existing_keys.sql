-- Names of the constraints and indexes of tables.
-- $1 text[] of schemas, $2 text[] of names
WITH t AS (
    SELECT c.oid, o.place
      FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS o (schema, name, place)
      JOIN pg_namespace AS n ON n.nspname = o.schema
      JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = o.name
)
SELECT t.place, con.conname AS name, con.contype = 'p' AS is_primary
  FROM t
  JOIN pg_constraint AS con ON con.conrelid = t.oid
UNION
SELECT t.place, c.relname, i.indisprimary
  FROM t
  JOIN pg_index AS i ON i.indrelid = t.oid
  JOIN pg_class AS c ON c.oid = i.indexrelid
 ORDER BY 1, 2;
