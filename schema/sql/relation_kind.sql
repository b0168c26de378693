-- What a name is, if it is anything.
-- $1 schema, $2 name
SELECT CASE c.relkind WHEN 'v' THEN 'a view' WHEN 'm' THEN 'a materialized view'
                      WHEN 'f' THEN 'a foreign table' WHEN 'S' THEN 'a sequence'
                      WHEN 'i' THEN 'an index' WHEN 'I' THEN 'an index'
                      WHEN 'c' THEN 'a composite type'
                      ELSE CASE WHEN c.relispartition THEN 'a partition'
                                WHEN c.relpersistence = 't' THEN 'a temporary table'
                                ELSE 'a table of the system or of an extension' END END AS kind
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname = $1 AND c.relname = $2;
