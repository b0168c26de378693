-- For each name whether something of that name is there. A row for each, in order.
-- $1 text[] of schemas, $2 text[] of names
SELECT c.oid IS NOT NULL AS exists,
       coalesce(c.oid, 0) AS oid,
       c.relkind AS kind,
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
