-- Indexes of tables, with the constraint that one stands for.
-- $1 oid[] of the tables
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
       pg_get_indexdef(i.indexrelid) AS definition,
       pn.nspname AS parent_schema,
       pc.relname AS parent_name,
       con.conname AS constraint_name,
       pg_get_constraintdef(con.oid) AS constraint_definition,
       concat_ws('; ',
           -- the definition of an exclusion constraint has them
           CASE WHEN con.contype IN ('p', 'u') THEN
               format('ALTER INDEX %I.%I SET (', n.nspname, c.relname)
               || (SELECT string_agg(format('%I = %L', option_name, option_value), ', ')
                     FROM pg_options_to_table(c.reloptions)) || ')' END,
           (SELECT string_agg(format('ALTER INDEX %I.%I ALTER COLUMN %s SET STATISTICS %s',
                                     n.nspname, c.relname, a.attnum, a.attstattarget), '; '
                              ORDER BY a.attnum)
              FROM pg_attribute AS a
             WHERE a.attrelid = c.oid AND a.attstattarget >= 0),
           CASE WHEN i.indisclustered THEN
               format('ALTER TABLE %I.%I CLUSTER ON %I', tn.nspname, tc.relname, c.relname) END,
           CASE WHEN i.indisreplident THEN
               format('ALTER TABLE ONLY %I.%I REPLICA IDENTITY USING INDEX %I', tn.nspname,
                      tc.relname, c.relname) END,
           format('COMMENT ON INDEX %I.%I IS ', n.nspname, c.relname)
           || quote_literal(obj_description(c.oid, 'pg_class')),
           CASE WHEN con.oid IS NOT NULL THEN
               format('COMMENT ON CONSTRAINT %I ON %I.%I IS ', con.conname, tn.nspname, tc.relname)
               || quote_literal(obj_description(con.oid, 'pg_constraint')) END) AS details
  FROM pg_index AS i
  JOIN pg_class AS c ON c.oid = i.indexrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_am AS m ON m.oid = c.relam
  JOIN pg_class AS tc ON tc.oid = i.indrelid
  JOIN pg_namespace AS tn ON tn.oid = tc.relnamespace
  LEFT JOIN pg_constraint AS con ON con.conindid = i.indexrelid AND con.conrelid = i.indrelid
                                AND con.contype IN ('p', 'u', 'x')
  LEFT JOIN pg_inherits AS inh ON inh.inhrelid = i.indexrelid
  LEFT JOIN pg_class AS pc ON pc.oid = inh.inhparent
  LEFT JOIN pg_namespace AS pn ON pn.oid = pc.relnamespace
 WHERE i.indrelid = ANY ($1::oid[]) AND i.indislive
 ORDER BY i.indrelid, i.indexrelid;
