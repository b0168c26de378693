-- Partitioned tables that a TRUNCATE must name because they reference what it empties: the stream
-- names their leaves only. $1 oid[] of the tables that it empties, all leaves of these among them.
SELECT DISTINCT c.oid::regclass::text AS name
  FROM pg_constraint AS k
  JOIN pg_class AS c ON c.oid = k.conrelid AND c.relkind = 'p'
 WHERE k.contype = 'f' AND k.confrelid = ANY ($1::oid[])
   AND NOT EXISTS (SELECT FROM pg_partition_tree(c.oid) AS leaf
                    WHERE leaf.isleaf AND leaf.relid <> ALL ($1::oid[]))
