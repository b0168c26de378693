-- For each name whether something of that name is there. A row for each, in order.
-- $1 text[] of schemas, $2 text[] of names
SELECT c.oid IS NOT NULL AS exists,
       coalesce(c.oid, 0) AS oid,
       c.relkind AS kind,
       -- what would act on changes that are applied without session_replication_role
       (SELECT what
          FROM (SELECT CASE WHEN c.relkind = 'p' THEN p.relid ELSE c.oid END AS oid
                  FROM (VALUES (1)) AS one
                  LEFT JOIN pg_partition_tree(c.oid) AS p ON c.relkind = 'p') AS own
         CROSS JOIN LATERAL (
               SELECT 'trigger ' || tgname AS what FROM pg_trigger
                WHERE tgrelid = own.oid AND NOT tgisinternal AND tgenabled = 'O'
               UNION ALL
               SELECT 'rule ' || rulename FROM pg_rewrite
                WHERE ev_class = own.oid AND ev_enabled = 'O'
               UNION ALL -- foreign keys have triggers on both sides, which an index finds
               SELECT 'foreign key ' || k.conname FROM pg_trigger AS g
                 JOIN pg_constraint AS k ON k.oid = g.tgconstraint AND k.contype = 'f'
                WHERE g.tgrelid = own.oid) AS acting
         ORDER BY what
         LIMIT 1) AS acts,
       n.oid IS NULL OR has_schema_privilege(n.oid, 'USAGE') AS usable,
       coalesce(pg_has_role(c.relowner, 'USAGE'), false) AS owned,
       pg_get_userbyid(c.relowner) AS owner,
       (SELECT string_agg(p, ', ')
          FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS p
         WHERE c.relkind IN ('r', 'p') AND NOT has_table_privilege(c.oid, p)) AS lacks,
       CASE WHEN c.relispartition
            THEN (SELECT pn.nspname || '.' || p.relname
                    FROM pg_inherits AS i
                    JOIN pg_class AS p ON p.oid = i.inhparent
                    JOIN pg_namespace AS pn ON pn.oid = p.relnamespace
                   WHERE i.inhrelid = c.oid) END AS parent
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS o (schema, name, place)
  LEFT JOIN pg_namespace AS n ON n.nspname = o.schema
  LEFT JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = o.name
 ORDER BY o.place;
