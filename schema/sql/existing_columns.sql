-- The columns of tables.
-- $1 oid[] of the tables
SELECT o.place - 1 AS place,
       a.attname AS name,
       format_type(a.atttypid, a.atttypmod) AS type_text,
       a.atttypid AS type_oid,
       a.atttypmod AS type_modifier,
       a.attnotnull AS not_null,
       a.atthasdef OR a.attidentity <> '' AS filled,
       a.attgenerated <> '' AS generated,
       a.attidentity = 'a' AS identity_always
  FROM unnest($1::oid[]) WITH ORDINALITY AS o (oid, place)
  JOIN pg_attribute AS a ON a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY o.place, a.attnum;
