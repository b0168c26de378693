-- The sequences of these names or, where there is none, of these columns. A row for each, in
-- order; nothing but the place where there is no such sequence.
-- $1 text[] of schemas, $2 of names; of the columns that own them, or empty: $3 text[] of schemas,
-- $4 of tables, $5 of columns
SELECT o.place,
       n.nspname AS schema,
       c.relname AS name,
       s.seqincrement AS increment,
       s.seqmin AS minimum,
       s.seqmax AS maximum,
       has_schema_privilege(n.oid, 'USAGE') AS usable,
       has_sequence_privilege(c.oid, 'SELECT') AS readable,
       has_sequence_privilege(c.oid, 'UPDATE') AS writable
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
       WITH ORDINALITY AS o (schema, name, table_schema, table_name, column_name, place)
  LEFT JOIN LATERAL (
       SELECT q.seqrelid AS oid
         FROM pg_sequence AS q
         JOIN pg_class AS c ON c.oid = q.seqrelid
         JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = o.schema AND c.relname = o.name) AS named ON true
  LEFT JOIN LATERAL (
       SELECT q.seqrelid AS oid
         FROM pg_class AS t
         JOIN pg_namespace AS n ON n.oid = t.relnamespace
         JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attname = o.column_name
         JOIN pg_depend AS d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid
                            AND d.refobjsubid = a.attnum AND d.classid = 'pg_class'::regclass
                            AND d.deptype IN ('a', 'i')
         JOIN pg_sequence AS q ON q.seqrelid = d.objid
        WHERE n.nspname = o.table_schema AND t.relname = o.table_name
        ORDER BY q.seqrelid
        LIMIT 1) AS owned ON true
  LEFT JOIN pg_sequence AS s ON s.seqrelid = coalesce(named.oid, owned.oid)
  LEFT JOIN pg_class AS c ON c.oid = s.seqrelid
  LEFT JOIN pg_namespace AS n ON n.oid = c.relnamespace
 ORDER BY o.place;
