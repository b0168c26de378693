-- What is said of tables after they and all that they need were made, a statement a row: storage,
-- defaults and NOT NULL of columns that came from a parent, statistics, identity, comments.
-- Tables bear the destination's names, columns still the source's. "uses" lists the columns that a
-- statement speaks of, by number.
-- $1 oid[] of the tables, $2 text[] and $3 text[]: their schemas and names at the destination
WITH t AS (
    SELECT c.oid, c.relispartition, c.relreplident, n.nspname, c.relnamespace,
           format('%I.%I', n.nspname, c.relname) AS source_name,
           format('%I.%I', o.to_schema, o.to_name) AS name, o.to_schema
      FROM unnest($1::oid[], $2::text[], $3::text[]) AS o (oid, to_schema, to_name)
      JOIN pg_class AS c ON c.oid = o.oid
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
), st AS (
    SELECT t.oid, t.name, t.source_name, s.oid AS statistics, s.stxname, s.stxstattarget, n.nspname,
           CASE WHEN s.stxnamespace = t.relnamespace THEN t.to_schema ELSE n.nspname END AS schema,
           pg_get_statisticsobjdef(s.oid) AS definition,
           (SELECT string_agg(DISTINCT u.attnum::text, ' ')
              FROM (SELECT unnest(s.stxkeys::int2[])::int AS attnum
                    UNION ALL
                    SELECT d.refobjsubid
                      FROM pg_depend AS d
                     WHERE d.classid = 'pg_statistic_ext'::regclass AND d.objid = s.oid
                       AND d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid) AS u
             WHERE u.attnum > 0) AS uses
      FROM t
      JOIN pg_statistic_ext AS s ON s.stxrelid = t.oid
      JOIN pg_namespace AS n ON n.oid = s.stxnamespace
), col AS (
    SELECT t.oid, t.name, a.*, ty.typstorage, to_jsonb(a) ->> 'attstattarget' AS target,
           format('ALTER TABLE ONLY %s ALTER COLUMN %I ', t.name, a.attname) AS alter_column,
           NOT a.attislocal AND NOT t.relispartition AS is_inherited
      FROM t
      JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
      JOIN pg_type AS ty ON ty.oid = a.atttypid
), detail (oid, rank, uses, sql) AS (
    SELECT oid, 1, attnum::text, alter_column || 'SET STORAGE '
           || CASE attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN'
                              ELSE 'EXTENDED' END
      FROM col
     WHERE attstorage <> typstorage
    UNION ALL
    SELECT oid, 1, attnum::text, alter_column || 'SET COMPRESSION '
           || CASE attcompression WHEN 'l' THEN 'lz4' ELSE 'pglz' END
      FROM col
     WHERE attcompression <> ''
    UNION ALL
    SELECT oid, 1, attnum::text, alter_column || 'SET STATISTICS ' || target
      FROM col
     WHERE target::int >= 0
    UNION ALL
    SELECT oid, 1, attnum::text, alter_column
           || format('SET (%s)', (SELECT string_agg(format('%I = %L', option_name, option_value), ', ')
                                    FROM pg_options_to_table(attoptions)))
      FROM col
     WHERE attoptions IS NOT NULL
    UNION ALL
    SELECT col.oid, 1, attnum::text, alter_column
           || coalesce('SET DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), 'DROP DEFAULT')
      FROM col
      LEFT JOIN pg_attrdef AS d ON d.adrelid = attrelid AND d.adnum = attnum
     WHERE is_inherited AND attgenerated = '' AND attidentity = ''
    UNION ALL
    -- before 18 it has no name
    SELECT col.oid, 1, attnum::text, alter_column || 'SET NOT NULL'
      FROM col
     WHERE is_inherited AND attnotnull
       AND NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = attrelid AND contype = 'n')
    UNION ALL
    SELECT t.oid, 1, array_to_string(con.conkey, ' '), format('ALTER TABLE %s ADD CONSTRAINT %I %s', t.name, con.conname,
                            pg_get_constraintdef(con.oid))
      FROM t
      JOIN pg_constraint AS con ON con.conrelid = t.oid AND con.contype = 'n' AND con.conislocal
      JOIN col ON col.oid = t.oid AND con.conkey = ARRAY[col.attnum]
     WHERE NOT con.convalidated OR col.is_inherited
    UNION ALL
    -- between its name and the table's, which both may be others
    SELECT oid, 2, uses, format('CREATE STATISTICS %I.%I', schema, stxname)
           || substr(definition, length(head) + 1,
                     length(definition) - length(head) - length(tail))
           || ' FROM ' || name
      FROM st
     CROSS JOIN LATERAL (SELECT format('CREATE STATISTICS %I.%I', nspname, stxname) AS head,
                                ' FROM ' || source_name AS tail) AS ends
    UNION ALL
    SELECT oid, 3, uses, format('ALTER STATISTICS %I.%I SET STATISTICS %s', schema, stxname,
                                stxstattarget)
      FROM st
     WHERE stxstattarget >= 0
    UNION ALL
    SELECT oid, 3, uses, format('COMMENT ON STATISTICS %I.%I IS %L', schema, stxname,
                                obj_description(statistics, 'pg_statistic_ext'))
      FROM st
     WHERE obj_description(statistics, 'pg_statistic_ext') IS NOT NULL
    UNION ALL
    -- what a task has set itself is not the user's
    SELECT oid, 3, NULL, format('ALTER TABLE ONLY %s REPLICA IDENTITY %s', name,
                          CASE relreplident WHEN 'f' THEN 'FULL' ELSE 'NOTHING' END)
      FROM t
     WHERE relreplident IN ('f', 'n')
       AND NOT EXISTS (SELECT FROM walferry.identity AS i WHERE i.relation = t.oid)
    UNION ALL
    SELECT oid, 3, NULL, format('COMMENT ON TABLE %s IS %L', name, obj_description(oid, 'pg_class'))
      FROM t
     WHERE obj_description(oid, 'pg_class') IS NOT NULL
    UNION ALL
    SELECT oid, 3, attnum::text, format('COMMENT ON COLUMN %s.%I IS %L', name, attname,
                          col_description(attrelid, attnum))
      FROM col
     WHERE col_description(attrelid, attnum) IS NOT NULL
    UNION ALL
    SELECT t.oid, 3, array_to_string(con.conkey, ' '), format('COMMENT ON CONSTRAINT %I ON %s IS %L', con.conname, t.name,
                            obj_description(con.oid, 'pg_constraint'))
      FROM t
      JOIN pg_constraint AS con ON con.conrelid = t.oid AND con.contype = 'n'
     WHERE obj_description(con.oid, 'pg_constraint') IS NOT NULL
)
SELECT oid AS "table", uses, sql
  FROM detail
 ORDER BY oid, rank, sql;
