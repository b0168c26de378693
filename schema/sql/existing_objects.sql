-- Which types, functions, collations and extensions are there: their catalog and oid, 0 for none.
-- A row for each, in order. Without to_regtype() and the like, for which a schema that is not
-- there was an error before 16.
-- $1 text[] of kinds and $3 of identities, as pg_identify_object() has them, $2 text[] of schemas
WITH asked AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
                  WITH ORDINALITY AS o (kind, schema, identity, place)
), space AS (
    SELECT oid FROM pg_namespace WHERE nspname IN (SELECT schema FROM asked)
), candidate AS (
    SELECT 'pg_type'::regclass::oid AS class_oid, oid
      FROM pg_type
     WHERE typnamespace IN (SELECT oid FROM space)
    UNION ALL
    SELECT 'pg_proc'::regclass, oid FROM pg_proc WHERE pronamespace IN (SELECT oid FROM space)
    UNION ALL
    SELECT 'pg_collation'::regclass, oid
      FROM pg_collation
     WHERE collnamespace IN (SELECT oid FROM space)
    UNION ALL
    SELECT 'pg_extension'::regclass, oid FROM pg_extension
)
SELECT coalesce(found.class_oid, 0) AS class_oid, coalesce(found.oid, 0) AS oid
  FROM asked
  LEFT JOIN (SELECT class_oid, oid, i.type, i.identity
               FROM candidate
              CROSS JOIN LATERAL pg_identify_object(class_oid, oid, 0) AS i) AS found
    ON found.type = asked.kind AND found.identity = asked.identity
 ORDER BY asked.place;
