-- Changes whenever a partition comes, goes or is given other bounds. The gap: as in partitions.sql.
SELECT coalesce(sum(hashtextextended(format('%%s %%s %%s', i.inhrelid, i.inhparent,
                                            pg_get_expr(c.relpartbound, c.oid)), 0)), 0)::text AS digest
  FROM pg_inherits AS i
  JOIN pg_class AS c ON c.oid = i.inhrelid
 WHERE i.inhparent = ANY (ARRAY[%s]::oid[])
