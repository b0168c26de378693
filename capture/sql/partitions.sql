-- The partitions of partitioned tables, one level below each. The gap: their oids.
SELECT i.inhrelid::text AS oid,
       i.inhparent::text AS parent,
       i.inhparent::regclass::text AS parent_name,
       format('%%s.%%s', n.nspname, c.relname) AS name,
       pg_get_expr(c.relpartbound, c.oid) AS bound
  FROM pg_inherits AS i
  JOIN pg_class AS c ON c.oid = i.inhrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE i.inhparent = ANY (ARRAY[%s]::oid[])
 ORDER BY i.inhrelid
