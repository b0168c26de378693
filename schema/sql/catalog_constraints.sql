-- Check and foreign key constraints of tables, those that come from a parent left out: they are
-- made with the parent's.
-- $1 oid[] of the tables, $2 text[] and $3 text[]: their schemas and names at the destination, which
-- "comment" speaks of
SELECT con.conrelid AS "table",
       con.conname AS name,
       con.contype AS type,
       con.convalidated AS validated,
       con.confrelid AS referenced,
       rn.nspname AS referenced_schema,
       rc.relname AS referenced_name,
       pg_get_constraintdef(con.oid) AS definition,
       format('COMMENT ON CONSTRAINT %I ON %I.%I IS ', con.conname, o.to_schema, o.to_name)
       || quote_literal(obj_description(con.oid, 'pg_constraint')) AS comment,
       array_to_string(con.conkey, ' ') AS uses,
       array_to_string(con.confkey, ' ') AS referenced_uses,
       -- the parts of a foreign key, in the order of its definition
       concat(CASE con.confmatchtype WHEN 'f' THEN ' MATCH FULL' END,
              CASE con.confupdtype WHEN 'r' THEN ' ON UPDATE RESTRICT'
                   WHEN 'c' THEN ' ON UPDATE CASCADE' WHEN 'n' THEN ' ON UPDATE SET NULL'
                   WHEN 'd' THEN ' ON UPDATE SET DEFAULT' END) AS on_update,
       CASE con.confdeltype WHEN 'r' THEN ' ON DELETE RESTRICT' WHEN 'c' THEN ' ON DELETE CASCADE'
            WHEN 'n' THEN ' ON DELETE SET NULL' WHEN 'd' THEN ' ON DELETE SET DEFAULT'
            ELSE '' END AS on_delete,
       -- columns of pg_constraint that are newer than 14
       (SELECT string_agg(s.attnum, ' ')
          FROM jsonb_array_elements_text(
                   CASE jsonb_typeof(to_jsonb(con) -> 'confdelsetcols')
                        WHEN 'array' THEN to_jsonb(con) -> 'confdelsetcols'
                        ELSE '[]' END) AS s (attnum)) AS on_delete_uses,
       coalesce(to_jsonb(con) ->> 'conperiod', 'false')::bool AS period,
       concat(CASE WHEN con.condeferrable THEN ' DEFERRABLE' END,
              CASE WHEN con.condeferred THEN ' INITIALLY DEFERRED' END,
              CASE WHEN to_jsonb(con) ->> 'conenforced' = 'false' THEN ' NOT ENFORCED' END,
              CASE WHEN NOT con.convalidated
                    AND to_jsonb(con) ->> 'conenforced' IS DISTINCT FROM 'false'
                   THEN ' NOT VALID' END) AS ending
  FROM unnest($1::oid[], $2::text[], $3::text[]) AS o (oid, to_schema, to_name)
  JOIN pg_constraint AS con ON con.conrelid = o.oid
  LEFT JOIN pg_class AS rc ON rc.oid = con.confrelid
  LEFT JOIN pg_namespace AS rn ON rn.oid = rc.relnamespace
 WHERE con.contype IN ('c', 'f')
   AND con.coninhcount = 0 AND con.conparentid = 0
 ORDER BY con.conrelid, con.contype, con.conname;
