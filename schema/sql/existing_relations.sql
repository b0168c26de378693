-- For each name whether something of that name is there. A row for each, in order.
-- $1 text[] of schemas, $2 text[] of names
SELECT c.oid IS NOT NULL AS exists,
       coalesce(c.oid, 0) AS oid,
       c.relkind AS kind,
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
