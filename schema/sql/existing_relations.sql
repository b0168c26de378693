-- For each name whether something of that name is there, and a table's columns by name: what
-- existing_tables = "accept" compares. A row for each, in order.
-- $1 text[] of schemas, $2 text[] of names
SELECT c.oid IS NOT NULL AS exists,
       coalesce(c.relkind IN ('r', 'p'), false) AS is_table,
       (SELECT string_agg(format('%s %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', '
                          ORDER BY a.attname COLLATE "C")
          FROM pg_attribute AS a
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS o (schema, name, place)
  LEFT JOIN pg_namespace AS n ON n.nspname = o.schema
  LEFT JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = o.name
 ORDER BY o.place;
