-- Check and foreign key constraints of tables, those that come from a parent left out: they are
-- made with the parent's.
-- $1 oid[] of the tables
SELECT con.conrelid AS "table",
       con.conname AS name,
       con.contype AS type,
       con.convalidated AS validated,
       con.confrelid AS referenced,
       rn.nspname AS referenced_schema,
       rc.relname AS referenced_name,
       pg_get_constraintdef(con.oid) AS definition,
       format('COMMENT ON CONSTRAINT %I ON %I.%I IS ', con.conname, n.nspname, c.relname)
       || quote_literal(obj_description(con.oid, 'pg_constraint')) AS comment
  FROM pg_constraint AS con
  JOIN pg_class AS c ON c.oid = con.conrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  LEFT JOIN pg_class AS rc ON rc.oid = con.confrelid
  LEFT JOIN pg_namespace AS rn ON rn.oid = rc.relnamespace
 WHERE con.conrelid = ANY ($1::oid[]) AND con.contype IN ('c', 'f')
   AND con.coninhcount = 0 AND con.conparentid = 0
 ORDER BY con.conrelid, con.contype, con.conname;
