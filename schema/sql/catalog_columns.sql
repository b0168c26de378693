-- Columns of tables. `wire_oid` is the type whose binary form the column's type has: an enum's is its
-- label, a domain's that of the type below it; `element_oid` that of its elements when it is an array.
-- $1 oid[] of the tables
SELECT a.attrelid AS "table",
       a.attnum,
       a.attname AS name,
       a.atttypid AS type_oid,
       a.atttypmod AS type_modifier,
       coalesce(base.oid, 0) AS base_type_oid,
       base.modifier AS base_type_modifier,
       format_type(a.atttypid, a.atttypmod) AS type_text,
       CASE coalesce(base.typtype, t.typtype) WHEN 'e' THEN 'text'::regtype
            ELSE coalesce(base.oid, t.oid) END::oid AS wire_oid,
       coalesce(e.oid, 0) AS element_oid,
       coalesce(base.typtype, t.typtype) = 'e' AS is_enum,
       col_description(a.attrelid, a.attnum) AS comment,
       a.attnotnull AS not_null,
       NOT a.attislocal AS inherited,
       nn.conname AS not_null_name,
       coalesce(nn.connoinherit, false) AS not_null_alone,
       coalesce(nn.convalidated, true) AS not_null_valid,
       a.attidentity AS identity,
       a.attgenerated AS generated,
       a.attstorage <> 'p' AS toastable,
       pg_get_expr(d.adbin, d.adrelid) AS default_sql,
       -- 14 keeps what a generated column depends on with the column, 15 and later with its default
       CASE WHEN a.attgenerated <> '' THEN
            (SELECT string_agg(DISTINCT u.refobjsubid::text, ' ')
               FROM pg_depend AS u
              WHERE (u.classid = 'pg_attrdef'::regclass AND u.objid = d.oid
                     OR u.classid = 'pg_class'::regclass AND u.objid = a.attrelid
                        AND u.objsubid = a.attnum)
                AND u.refclassid = 'pg_class'::regclass AND u.refobjid = a.attrelid
                AND u.refobjsubid NOT IN (0, a.attnum)) END AS uses,
       (SELECT string_agg(DISTINCT u.refobjid::text, ' ')
          FROM pg_depend AS u
          JOIN pg_sequence AS s ON s.seqrelid = u.refobjid
         WHERE u.classid = 'pg_attrdef'::regclass AND u.objid = d.oid
           AND u.refclassid = 'pg_class'::regclass) AS sequences,
       coalesce(co.collisdeterministic, true) AS deterministic,
       CASE WHEN a.attcollation NOT IN (0, t.typcollation)
            THEN quote_ident(cn.nspname) || '.' || quote_ident(co.collname) END AS collation
  FROM pg_attribute AS a
  JOIN pg_type AS t ON t.oid = a.atttypid
  LEFT JOIN LATERAL (
       WITH RECURSIVE domain (oid, modifier) AS (
           SELECT t.typbasetype, t.typtypmod WHERE t.typtype = 'd'
           UNION ALL
           SELECT b.typbasetype, b.typtypmod
             FROM domain
             JOIN pg_type AS b ON b.oid = domain.oid AND b.typtype = 'd'
       )
       SELECT b.*, domain.modifier
         FROM domain
         JOIN pg_type AS b ON b.oid = domain.oid AND b.typtype <> 'd'
  ) AS base ON true
  -- not of oidvector and the like, which have elements but are no arrays of a type
  LEFT JOIN pg_type AS e ON e.oid = coalesce(base.typelem, t.typelem)
                         AND e.typarray = coalesce(base.oid, t.oid)
  -- NOT NULL is a constraint of its own since 18
  LEFT JOIN pg_constraint AS nn ON nn.conrelid = a.attrelid AND nn.contype = 'n'
                               AND nn.conkey = ARRAY[a.attnum]
  LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  LEFT JOIN pg_collation AS co ON co.oid = a.attcollation
  LEFT JOIN pg_namespace AS cn ON cn.oid = co.collnamespace
 WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY a.attrelid, a.attnum;
