-- How many objects of other kinds stand in the schemas: they are not copied.
-- $1 text[] of the schemas
WITH s AS (
    SELECT oid FROM pg_namespace WHERE nspname = ANY ($1::text[])
), found AS (
    SELECT CASE relkind WHEN 'v' THEN 'views' WHEN 'm' THEN 'materialized views'
                        ELSE 'foreign tables' END AS kind,
           'pg_class'::regclass AS classid, oid AS objid
      FROM pg_class
     WHERE relkind IN ('v', 'm', 'f') AND NOT relispartition AND relnamespace IN (SELECT oid FROM s)
    UNION ALL
    SELECT 'functions', 'pg_proc'::regclass, oid
      FROM pg_proc
     WHERE pronamespace IN (SELECT oid FROM s)
)
SELECT string_agg(format('%s %s', n, kind), ', ' ORDER BY kind) AS objects
  FROM (SELECT kind, count(*) AS n
          FROM found
         WHERE NOT EXISTS (SELECT FROM pg_depend AS d
                            WHERE d.deptype = 'e' AND d.classid = found.classid
                              AND d.objid = found.objid)
         GROUP BY kind) AS counted;
