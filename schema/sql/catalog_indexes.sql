-- Indexes of tables, with the constraint that one stands for.
-- $1 oid[] of the tables, $2 text[] and $3 text[]: their schemas and names at the destination, which
-- "details" speaks of
SELECT i.indrelid AS "table",
       n.nspname AS schema,
       c.relname AS name,
       c.relkind = 'I' AS partitioned,
       m.amname AS method,
       i.indisunique AS is_unique,
       i.indisprimary AS is_primary,
       i.indimmediate AS is_immediate,
       i.indisvalid AS is_valid,
       i.indisreplident AS is_identity,
       i.indpred IS NULL AND i.indexprs IS NULL AS plain,
       (SELECT string_agg(k.attnum::text, ' ' ORDER BY k.place)
          FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
         WHERE k.place <= i.indnkeyatts) AS key_attnums,
       NOT EXISTS (SELECT FROM pg_attribute AS a
                    WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey::int2[])
                      AND NOT a.attnotnull) AS never_null,
       (SELECT string_agg(DISTINCT u.attnum::text, ' ')
          FROM (SELECT unnest(i.indkey::int2[])::int AS attnum
                UNION ALL
                SELECT d.refobjsubid
                  FROM pg_depend AS d
                 WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
                   AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid) AS u
         WHERE u.attnum > 0) AS uses,
       pg_get_indexdef(i.indexrelid) AS definition,
       CASE WHEN starts_with(pg_get_indexdef(i.indexrelid), head.text)
            THEN substr(pg_get_indexdef(i.indexrelid), length(head.text) + 1) END AS body,
       pn.nspname AS parent_schema,
       pc.relname AS parent_name,
       con.conname AS constraint_name,
       pg_get_constraintdef(con.oid) AS constraint_definition,
       concat_ws('; ',
           -- the definition of an exclusion constraint has them
           CASE WHEN con.contype IN ('p', 'u') THEN
               format('ALTER INDEX %I.%I SET (', o.to_schema, c.relname)
               || (SELECT string_agg(format('%I = %L', option_name, option_value), ', ')
                     FROM pg_options_to_table(c.reloptions)) || ')' END,
           (SELECT string_agg(format('ALTER INDEX %I.%I ALTER COLUMN %s SET STATISTICS %s',
                                     o.to_schema, c.relname, a.attnum, a.attstattarget), '; '
                              ORDER BY a.attnum)
              FROM pg_attribute AS a
             WHERE a.attrelid = c.oid AND a.attstattarget >= 0),
           CASE WHEN i.indisclustered THEN
               format('ALTER TABLE %I.%I CLUSTER ON %I', o.to_schema, o.to_name, c.relname) END,
           CASE WHEN i.indisreplident THEN
               format('ALTER TABLE ONLY %I.%I REPLICA IDENTITY USING INDEX %I', o.to_schema,
                      o.to_name, c.relname) END,
           format('COMMENT ON INDEX %I.%I IS ', o.to_schema, c.relname)
           || quote_literal(obj_description(c.oid, 'pg_class')),
           CASE WHEN con.oid IS NOT NULL THEN
               format('COMMENT ON CONSTRAINT %I ON %I.%I IS ', con.conname, o.to_schema, o.to_name)
               || quote_literal(obj_description(con.oid, 'pg_constraint')) END) AS details
  FROM unnest($1::oid[], $2::text[], $3::text[]) AS o (oid, to_schema, to_name)
  JOIN pg_index AS i ON i.indrelid = o.oid
  JOIN pg_class AS c ON c.oid = i.indexrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_am AS m ON m.oid = c.relam
  JOIN pg_class AS tc ON tc.oid = i.indrelid
  JOIN pg_namespace AS tn ON tn.oid = tc.relnamespace
 CROSS JOIN LATERAL (
       SELECT format('CREATE %sINDEX %I ON %s%I.%I ',
                     CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END, c.relname,
                     CASE WHEN c.relkind = 'I' THEN 'ONLY ' ELSE '' END,
                     tn.nspname, tc.relname) AS text) AS head
  LEFT JOIN pg_constraint AS con ON con.conindid = i.indexrelid AND con.conrelid = i.indrelid
                                AND con.contype IN ('p', 'u', 'x')
  LEFT JOIN pg_inherits AS inh ON inh.inhrelid = i.indexrelid
  LEFT JOIN pg_class AS pc ON pc.oid = inh.inhparent
  LEFT JOIN pg_namespace AS pn ON pn.oid = pc.relnamespace
 WHERE i.indislive
 ORDER BY i.indrelid, i.indexrelid;
