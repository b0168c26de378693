-- What rows tables refuse: unique indexes, exclusion and check constraints.
-- $1 oid[] of the tables
SELECT o.place - 1 AS place,
       CASE WHEN i.indisexclusion THEN 'x' ELSE 'u' END AS kind,
       c.relname AS name,
       i.indisprimary AS "primary",
       i.indimmediate AND i.indisvalid AS immediate,
       i.indpred IS NULL AND i.indexprs IS NULL AS plain,
       coalesce((SELECT string_agg('"' || replace(a.attname, '"', '""') || '"', ', '
                                   ORDER BY a.attname::text COLLATE "C")
                   FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, number)
                   JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                  WHERE k.number <= i.indnkeyatts), '') AS columns
  FROM unnest($1::oid[]) WITH ORDINALITY AS o (oid, place)
  JOIN pg_index AS i ON i.indrelid = o.oid AND (i.indisunique OR i.indisexclusion)
  JOIN pg_class AS c ON c.oid = i.indexrelid
UNION ALL
SELECT o.place - 1, 'c', n.conname, false, false, false, ''
  FROM unnest($1::oid[]) WITH ORDINALITY AS o (oid, place)
  JOIN pg_constraint AS n ON n.conrelid = o.oid AND n.contype = 'c'
 ORDER BY 1, 3;
