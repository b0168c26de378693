-- A table of the destination, no row if there is none. $1 schema, $2 table, $3 names of the key's
-- columns (text[]), $4 task, $5 the table as "schema"."table". A unique index over just these is the key; what else is unique, or
-- excludes, may be violated on the way when rows are not written in their original order. had_rows:
-- before the task (schema/existing_rows.h). acts: what would act on the changes of a session that is
-- no replica (common/replica_role.h).
SELECT c.oid::text AS oid,
       c.relkind,
       coalesce(bool_or(NOT i.is_key), false) AS other_unique,
       coalesce(bool_or(i.is_key AND NOT i.immediate), false)
           AND NOT coalesce(bool_or(i.is_key AND i.immediate), false) AS deferrable_key,
       EXISTS (SELECT FROM walferry.created AS w
                WHERE w.task = $4 AND w.object IN ('keep ' || $5, 'overwrite ' || $5)) AS had_rows,
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
         LIMIT 1) AS acts
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN LATERAL (
       SELECT x.indimmediate AS immediate,
              NOT x.indisexclusion AND x.indpred IS NULL AND x.indexprs IS NULL
                  AND (SELECT array_agg(a.attname::text COLLATE "C" ORDER BY a.attname::text COLLATE "C")
                         FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
                         JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum
                        WHERE k.place <= x.indnkeyatts)
                      = (SELECT array_agg(name COLLATE "C" ORDER BY name COLLATE "C")
                           FROM unnest($3::text[]) AS name) IS TRUE AS is_key
         FROM pg_index x
        WHERE x.indrelid = c.oid AND (x.indisunique OR x.indisexclusion)) i ON true
 WHERE n.nspname = $1 AND c.relname = $2
 GROUP BY c.oid, c.relkind
