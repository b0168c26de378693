-- The columns of a table. $1 its oid. `type` can stand in a cast and cuts nothing; `base`, of a domain
-- only, is the type below it and its domains; `equality` is the schema of the operator = of its
-- ordering, where the type brings its own.
SELECT a.attname AS name,
       a.atttypid::text AS type_oid,
       format_type(a.atttypid, -1) AS type,
       CASE WHEN t.typtype = 'd' THEN format_type(b.oid, -1) END AS base,
       b.oid::text AS base_oid,
       a.attidentity = 'a' AS identity_always,
       a.attgenerated <> '' AS generated,
       coalesce(e.nspname, 'pg_catalog') AS equality
  FROM pg_attribute a
  JOIN pg_type t ON t.oid = a.atttypid
  JOIN LATERAL (
       WITH RECURSIVE below AS (
            SELECT t.oid, t.typtype, t.typbasetype
            UNION ALL
            SELECT n.oid, n.typtype, n.typbasetype
              FROM below JOIN pg_type n ON n.oid = below.typbasetype AND below.typtype = 'd')
       SELECT oid FROM below WHERE typtype <> 'd') b ON true
  LEFT JOIN LATERAL (
       SELECT s.nspname
         FROM pg_opclass c
         JOIN pg_am m ON m.oid = c.opcmethod AND m.amname = 'btree'
         JOIN pg_amop p ON p.amopfamily = c.opcfamily AND p.amopstrategy = 3
                       AND p.amoplefttype = c.opcintype AND p.amoprighttype = c.opcintype
         JOIN pg_operator o ON o.oid = p.amopopr
         JOIN pg_namespace s ON s.oid = o.oprnamespace
        WHERE c.opcintype = b.oid AND c.opcdefault
        LIMIT 1) e ON true
 WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY a.attnum
