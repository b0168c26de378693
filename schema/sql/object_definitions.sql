-- What makes types, functions, collations and extensions, and their comments. "definition" is NULL
-- for what cannot be made from the catalog alone. A row for each of them, in order.
-- $1 oid[] of their catalogs, $2 oid[] of their own
WITH asked AS (
    SELECT a.class_oid, a.oid, a.place, i.type, i.identity
      FROM unnest($1::oid[], $2::oid[]) WITH ORDINALITY AS a (class_oid, oid, place)
     CROSS JOIN LATERAL pg_identify_object(a.class_oid, a.oid, 0) AS i
), enums AS (
    SELECT place,
           format('CREATE TYPE %s AS ENUM (%s)', identity,
                  (SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder)
                     FROM pg_enum WHERE enumtypid = t.oid)) AS definition
      FROM asked
      JOIN pg_type AS t ON t.oid = asked.oid AND t.typtype = 'e'
     WHERE class_oid = 'pg_type'::regclass
), domains AS (
    SELECT place,
           format('CREATE DOMAIN %s AS %s', identity, format_type(t.typbasetype, t.typtypmod))
           || coalesce(' COLLATE ' || quote_ident(cn.nspname) || '.' || quote_ident(co.collname), '')
           || coalesce(' DEFAULT ' || coalesce(pg_get_expr(t.typdefaultbin, 0),
                                               quote_literal(t.typdefault)), '')
           || coalesce((SELECT format(' CONSTRAINT %I', conname)
                          FROM pg_constraint WHERE contypid = t.oid AND contype = 'n'), '')
           || CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END
           || coalesce((SELECT string_agg(format('; ALTER DOMAIN %s ADD CONSTRAINT %I %s', identity,
                                                 conname, pg_get_constraintdef(con.oid)), ''
                                          ORDER BY conname)
                          FROM pg_constraint AS con
                         WHERE contypid = t.oid AND contype = 'c'), '') AS definition
      FROM asked
      JOIN pg_type AS t ON t.oid = asked.oid AND t.typtype = 'd'
      JOIN pg_type AS b ON b.oid = t.typbasetype
      LEFT JOIN pg_collation AS co ON co.oid = t.typcollation AND co.oid <> b.typcollation
      LEFT JOIN pg_namespace AS cn ON cn.oid = co.collnamespace
     WHERE class_oid = 'pg_type'::regclass
), composites AS (
    SELECT place,
           format('CREATE TYPE %s AS (%s)', identity,
                  (SELECT string_agg(quote_ident(a.attname) || ' '
                                     || format_type(a.atttypid, a.atttypmod)
                                     || coalesce(' COLLATE ' || quote_ident(cn.nspname) || '.'
                                                 || quote_ident(co.collname), ''), ', '
                                     ORDER BY a.attnum)
                     FROM pg_attribute AS a
                     JOIN pg_type AS at ON at.oid = a.atttypid
                     LEFT JOIN pg_collation AS co ON co.oid = a.attcollation
                                                 AND co.oid <> at.typcollation
                     LEFT JOIN pg_namespace AS cn ON cn.oid = co.collnamespace
                    WHERE a.attrelid = t.typrelid AND a.attnum > 0
                      AND NOT a.attisdropped)) AS definition
      FROM asked
      JOIN pg_type AS t ON t.oid = asked.oid AND t.typtype = 'c'
     WHERE class_oid = 'pg_type'::regclass
), ranges AS (
    SELECT place,
           format('CREATE TYPE %s AS RANGE (SUBTYPE = %s, SUBTYPE_OPCLASS = %I.%I', identity,
                  format_type(r.rngsubtype, NULL), opn.nspname, op.opcname)
           || coalesce(', COLLATION = ' || quote_ident(cn.nspname) || '.' || quote_ident(co.collname), '')
           || coalesce(', SUBTYPE_DIFF = ' || quote_ident(dn.nspname) || '.' || quote_ident(d.proname), '')
           || format(', MULTIRANGE_TYPE_NAME = %s)',
                     (pg_identify_object('pg_type'::regclass, r.rngmultitypid, 0)).identity)
           AS definition
      FROM asked
      JOIN pg_range AS r ON r.rngtypid = asked.oid AND r.rngcanonical = 0
      JOIN pg_type AS sub ON sub.oid = r.rngsubtype
      JOIN pg_opclass AS op ON op.oid = r.rngsubopc
      JOIN pg_namespace AS opn ON opn.oid = op.opcnamespace
      LEFT JOIN pg_collation AS co ON co.oid = r.rngcollation AND co.oid <> sub.typcollation
      LEFT JOIN pg_namespace AS cn ON cn.oid = co.collnamespace
      LEFT JOIN pg_proc AS d ON d.oid = r.rngsubdiff
      LEFT JOIN pg_namespace AS dn ON dn.oid = d.pronamespace
     WHERE class_oid = 'pg_type'::regclass
), functions AS (
    SELECT place, pg_get_functiondef(p.oid) AS definition
      FROM asked
      JOIN pg_proc AS p ON p.oid = asked.oid AND p.prokind <> 'a'
     WHERE class_oid = 'pg_proc'::regclass
), collations AS (
    SELECT place,
           format('CREATE COLLATION %s (provider = %s', identity,
                  CASE co.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin'
                                       ELSE 'libc' END)
           || coalesce(', locale = ' || quote_literal(locale), '')
           || coalesce(', lc_collate = ' || quote_literal(co.collcollate), '')
           || coalesce(', lc_ctype = ' || quote_literal(co.collctype), '')
           || CASE WHEN co.collisdeterministic THEN '' ELSE ', deterministic = false' END
           || coalesce(', rules = ' || quote_literal(to_jsonb(co) ->> 'collicurules'), '')
           || ')' AS definition
      FROM asked
      JOIN pg_collation AS co ON co.oid = asked.oid
     -- the column has another name since 17
     CROSS JOIN LATERAL (SELECT coalesce(to_jsonb(co) ->> 'colllocale',
                                         to_jsonb(co) ->> 'colliculocale')) AS l (locale)
     WHERE class_oid = 'pg_collation'::regclass
), extensions AS (
    SELECT place,
           format('CREATE EXTENSION IF NOT EXISTS %I SCHEMA %I', e.extname, n.nspname) AS definition
      FROM asked
      JOIN pg_extension AS e ON e.oid = asked.oid
      JOIN pg_namespace AS n ON n.oid = e.extnamespace
     WHERE class_oid = 'pg_extension'::regclass
), made AS (
    SELECT * FROM enums
    UNION ALL SELECT * FROM domains
    UNION ALL SELECT * FROM composites
    UNION ALL SELECT * FROM ranges
    UNION ALL SELECT * FROM functions
    UNION ALL SELECT * FROM collations
    UNION ALL SELECT * FROM extensions
)
SELECT made.definition,
       (SELECT string_agg(comment, '; ' ORDER BY comment)
          FROM (SELECT format('COMMENT ON %s %s IS %L', upper(asked.type), asked.identity, text)
                  FROM obj_description(asked.oid, asked.class_oid::regclass::text::name) AS text
                UNION ALL
                SELECT format('COMMENT ON COLUMN %s.%I IS %L', asked.identity, a.attname,
                              col_description(a.attrelid, a.attnum))
                  FROM pg_type AS t
                  JOIN pg_attribute AS a ON a.attrelid = t.typrelid AND a.attnum > 0
                 WHERE t.oid = asked.oid AND asked.class_oid = 'pg_type'::regclass
                   AND col_description(a.attrelid, a.attnum) IS NOT NULL
                UNION ALL
                SELECT format('COMMENT ON CONSTRAINT %I ON DOMAIN %s IS %L', conname,
                              asked.identity, obj_description(con.oid, 'pg_constraint'))
                  FROM pg_constraint AS con
                 WHERE con.contypid = asked.oid AND asked.class_oid = 'pg_type'::regclass
                   AND obj_description(con.oid, 'pg_constraint') IS NOT NULL) AS c (comment)
         WHERE asked.type <> 'extension') AS comments
  FROM asked
  LEFT JOIN made USING (place)
 ORDER BY asked.place;
