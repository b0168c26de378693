-- Sequences that columns of the tables own, are made of (identity), or use in a default.
-- $1 oid[] of the tables
SELECT n.nspname AS schema,
       c.relname AS name,
       format_type(s.seqtypid, NULL) AS type_text,
       s.seqstart AS start,
       s.seqincrement AS increment,
       s.seqmin AS minimum,
       s.seqmax AS maximum,
       s.seqcache AS cache,
       s.seqcycle AS cycle,
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
    OR EXISTS (SELECT FROM pg_attrdef AS f
                 JOIN pg_depend AS u ON u.classid = 'pg_attrdef'::regclass AND u.objid = f.oid
                                    AND u.refclassid = 'pg_class'::regclass
                                    AND u.refobjid = s.seqrelid
                WHERE f.adrelid = ANY ($1::oid[]))
 ORDER BY s.seqrelid;
