-- Sequences that columns of the tables own, are made of (identity), or use: in a default, or in what
-- a default or a type needs.
-- $1 oid[] of the tables
WITH RECURSIVE used (classid, objid) AS (
    (SELECT 'pg_attrdef'::regclass::oid, oid FROM pg_attrdef WHERE adrelid = ANY ($1::oid[])
      UNION ALL
     SELECT DISTINCT 'pg_type'::regclass::oid, atttypid
       FROM pg_attribute
      WHERE attrelid = ANY ($1::oid[]) AND attnum > 0 AND atttypid >= 16384)
    UNION
    SELECT d.refclassid, d.refobjid
      FROM used
      JOIN pg_depend AS d ON d.classid = used.classid AND d.objid = used.objid
     WHERE used.classid <> 'pg_class'::regclass
       AND d.refclassid IN ('pg_class'::regclass, 'pg_proc'::regclass, 'pg_type'::regclass)
       AND d.refobjid >= 16384
)
SELECT s.seqrelid AS oid,
       n.nspname AS schema,
       c.relname AS name,
       quote_literal(s.seqrelid::regclass::text) AS literal, -- as it stands in a default
       format_type(s.seqtypid, NULL) AS type_text,
       s.seqstart AS start,
       s.seqincrement AS increment,
       s.seqmin AS minimum,
       s.seqmax AS maximum,
       s.seqcache AS cache,
       s.seqcycle AS cycle,
       c.relpersistence = 'u' AS unlogged,
       obj_description(c.oid, 'pg_class') AS comment,
       coalesce(d.refobjid, 0) AS "table",
       coalesce(d.refobjsubid, 0) AS attnum,
       coalesce(d.deptype = 'i', false) AS of_identity
  FROM pg_sequence AS s
  JOIN pg_class AS c ON c.oid = s.seqrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  LEFT JOIN pg_depend AS d ON d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid
                          AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0
                          AND d.deptype IN ('a', 'i') AND d.refobjid = ANY ($1::oid[])
 WHERE d.objid IS NOT NULL
    OR s.seqrelid IN (SELECT objid FROM used WHERE classid = 'pg_class'::regclass)
 ORDER BY s.seqrelid;
