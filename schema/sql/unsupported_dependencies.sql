-- Defaults, constraints, indexes and partition keys that use what is not PostgreSQL's own, a
-- function for instance, which the destination does not have.
-- $1 oid[] of the tables
WITH t AS (
    SELECT c.*, format('%s.%s', n.nspname, c.relname) AS full_name
      FROM pg_class AS c
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.oid = ANY ($1::oid[])
), indexes AS (
    SELECT i.*, t.full_name, ic.relname AS index_name, m.amname, i.indexrelid AS index_oid
      FROM t
      JOIN pg_index AS i ON i.indrelid = t.oid
      JOIN pg_class AS ic ON ic.oid = i.indexrelid
      JOIN pg_am AS m ON m.oid = ic.relam
), uses AS (
    SELECT t.full_name || '.' || a.attname AS object, 'default' AS part,
           'pg_attrdef'::regclass AS classid, d.oid AS objid
      FROM t
      JOIN pg_attrdef AS d ON d.adrelid = t.oid
      JOIN pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
    UNION ALL
    SELECT t.full_name || ': ' || con.conname, 'constraint', 'pg_constraint'::regclass, con.oid
      FROM t
      JOIN pg_constraint AS con ON con.conrelid = t.oid
    UNION ALL
    SELECT full_name || ': ' || index_name, 'index', 'pg_class'::regclass, index_oid
      FROM indexes
    UNION ALL
    SELECT full_name, 'partition key', 'pg_class'::regclass, oid
      FROM t
     WHERE relkind = 'p'
)
SELECT DISTINCT true AS fatal, 'dependency' AS kind, uses.object,
       format('its %s uses %s', uses.part, pg_describe_object(d.refclassid, d.refobjid, 0)) AS reason
  FROM uses
  JOIN pg_depend AS d ON d.classid = uses.classid AND d.objid = uses.objid
                     AND (d.objsubid = 0 OR uses.part <> 'partition key')
 WHERE d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_opclass'::regclass,
                        'pg_opfamily'::regclass, 'pg_collation'::regclass, 'pg_type'::regclass,
                        'pg_ts_config'::regclass, 'pg_ts_dict'::regclass)
   AND (pg_identify_object(d.refclassid, d.refobjid, 0)).schema IS DISTINCT FROM 'pg_catalog'
 ORDER BY 2, 3, 4;
