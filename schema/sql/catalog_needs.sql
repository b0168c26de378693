-- What the tables consist of and need beside themselves, through pg_depend: from their columns,
-- defaults, constraints, indexes and statistics to types, functions, collations, extensions, and
-- what those need. What an extension has brought stands for the extension. A row for each thing
-- with a number, and the numbers of those that must be made before it: what only constraints,
-- indexes and statistics need, which are made after the tables, is no reason for an order.
-- $1 oid[] of the tables
WITH RECURSIVE selected AS (
    SELECT oid FROM unnest($1::oid[]) AS t (oid)
), step (from_class, from_oid, classid, objid) AS (
    SELECT 0::oid, 0::oid, 'pg_class'::regclass::oid, oid
      FROM selected
    UNION
    SELECT s.classid, s.objid, n.classid, n.objid
      FROM step AS s
      LEFT JOIN pg_class AS c ON c.oid = s.objid AND s.classid = 'pg_class'::regclass
      LEFT JOIN selected ON selected.oid = c.oid
     CROSS JOIN LATERAL (
           SELECT d.refclassid, d.refobjid
             FROM pg_depend AS d
            WHERE d.classid = s.classid AND d.objid = s.objid
              AND (d.deptype = 'e'
                   OR NOT EXISTS (SELECT FROM pg_depend AS m
                                   WHERE m.classid = d.classid AND m.objid = d.objid
                                     AND m.deptype = 'e'))
           UNION ALL
           SELECT 'pg_attrdef'::regclass, oid FROM pg_attrdef WHERE adrelid = c.oid
           UNION ALL
           SELECT 'pg_constraint'::regclass, oid
             FROM pg_constraint
            WHERE conrelid = c.oid AND contype NOT IN ('f', 't')
           UNION ALL
           SELECT 'pg_class'::regclass, indexrelid FROM pg_index WHERE indrelid = c.oid
           UNION ALL
           SELECT 'pg_statistic_ext'::regclass, oid FROM pg_statistic_ext WHERE stxrelid = c.oid
           UNION ALL
           SELECT 'pg_constraint'::regclass, oid
             FROM pg_constraint
            WHERE contypid = s.objid AND s.classid = 'pg_type'::regclass
           UNION ALL
           SELECT 'pg_class'::regclass, typrelid
             FROM pg_type
            WHERE oid = s.objid AND s.classid = 'pg_type'::regclass AND typtype = 'c'
     ) AS n (classid, objid)
     -- 16384: the first oid that is not PostgreSQL's own
     WHERE n.objid >= 16384
       AND (c.oid IS NULL OR c.relkind IN ('c', 'i', 'I') OR selected.oid IS NOT NULL)
), part AS (
    SELECT DISTINCT classid, objid FROM step
), owned AS (
    SELECT part.classid, part.objid,
           coalesce(att.adrelid, nullif(con.conrelid, 0), ind.indrelid, st.stxrelid, row_class.oid,
                    nullif(con.contypid, 0), com.reltype, ran.rngtypid, el.oid, part.objid) AS own_oid,
           CASE WHEN coalesce(att.adrelid, nullif(con.conrelid, 0), ind.indrelid, st.stxrelid,
                              row_class.oid) IS NOT NULL THEN 'pg_class'::regclass::oid
                WHEN coalesce(nullif(con.contypid, 0), com.reltype, ran.rngtypid, el.oid) IS NOT NULL
                THEN 'pg_type'::regclass::oid
                ELSE part.classid END AS own_class,
           coalesce(nullif(con.conrelid, 0), ind.indrelid, st.stxrelid) IS NOT NULL AS is_late
      FROM part
      LEFT JOIN pg_attrdef AS att ON att.oid = part.objid AND part.classid = 'pg_attrdef'::regclass
      LEFT JOIN pg_constraint AS con ON con.oid = part.objid
                                    AND part.classid = 'pg_constraint'::regclass
      LEFT JOIN pg_index AS ind ON ind.indexrelid = part.objid
                               AND part.classid = 'pg_class'::regclass
      LEFT JOIN pg_statistic_ext AS st ON st.oid = part.objid
                                      AND part.classid = 'pg_statistic_ext'::regclass
      LEFT JOIN pg_class AS com ON com.oid = part.objid AND part.classid = 'pg_class'::regclass
                               AND com.relkind = 'c'
      LEFT JOIN pg_type AS ty ON ty.oid = part.objid AND part.classid = 'pg_type'::regclass
      LEFT JOIN pg_type AS el ON el.typarray = ty.oid
      LEFT JOIN pg_range AS ran ON ran.rngmultitypid = coalesce(el.oid, ty.oid)
      LEFT JOIN pg_class AS row_class ON row_class.oid = coalesce(el.typrelid, ty.typrelid)
                                     AND row_class.relkind <> 'c'
), thing AS (
    SELECT owned.classid, owned.objid,
           coalesce(ext.refclassid, own_class) AS own_class,
           coalesce(ext.refobjid, own_oid) AS own_oid,
           is_late
      FROM owned
      LEFT JOIN pg_depend AS ext ON ext.classid = own_class AND ext.objid = own_oid
                                AND ext.deptype = 'e'
), node AS (
    SELECT own_class, own_oid, row_number() OVER (ORDER BY i.type, i.identity) - 1 AS number,
           i.type, i.schema, i.identity, i.schema || '.' || i.name AS full_name
      FROM (SELECT DISTINCT own_class, own_oid FROM thing) AS t
     CROSS JOIN LATERAL pg_identify_object(own_class, own_oid, 0) AS i
     WHERE i.type NOT IN ('schema', 'sequence')
), edge AS (
    SELECT DISTINCT a.number AS from_number, b.number AS to_number, f.is_late,
           CASE WHEN a.type <> 'table' THEN a.type || ' ' || a.identity
                WHEN s.from_class = a.own_class AND s.from_oid = a.own_oid THEN a.full_name
                ELSE a.full_name || ': ' || pg_describe_object(s.from_class, s.from_oid, 0)
            END AS needed_by
      FROM step AS s
      JOIN thing AS f ON f.classid = s.from_class AND f.objid = s.from_oid
      JOIN thing AS t ON t.classid = s.classid AND t.objid = s.objid
      JOIN node AS a ON a.own_class = f.own_class AND a.own_oid = f.own_oid
      JOIN node AS b ON b.own_class = t.own_class AND b.own_oid = t.own_oid
     WHERE a.number <> b.number
)
SELECT number, own_class AS class_oid, own_oid AS oid, type AS kind, identity,
       coalesce((parse_ident(schema))[1], -- pg_identify_object() quotes it
                (SELECT nspname FROM pg_extension AS e
                   JOIN pg_namespace AS n ON n.oid = e.extnamespace
                  WHERE e.oid = own_oid AND own_class = 'pg_extension'::regclass)) AS schema,
       type || ' ' || identity AS object,
       (SELECT string_agg(DISTINCT to_number::text, ' ')
          FROM edge WHERE from_number = number AND NOT is_late) AS needs,
       (SELECT min(needed_by) FROM edge WHERE to_number = number) AS needed_by,
       selected.oid IS NOT NULL AS is_selected
  FROM node
  LEFT JOIN selected ON selected.oid = own_oid AND own_class = 'pg_class'::regclass
 ORDER BY number;
