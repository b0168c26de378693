-- What at the destination acts on rows that are applied, or hides them, although the session is a
-- replica: triggers and rules that are ENABLE ALWAYS or ENABLE REPLICA, and row security.
-- $1 text[] of schemas, $2 text[] of tables
WITH t AS (
    SELECT c.*, n.nspname, format('%s.%s', n.nspname, c.relname) AS full_name
      FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::text[])) AS o (schema, name)
      JOIN pg_namespace AS n ON n.nspname = o.schema
      JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = o.name
)
SELECT 'trigger' AS kind, t.full_name || ': ' || g.tgname AS object,
       CASE g.tgenabled WHEN 'A' THEN 'ALWAYS' ELSE 'REPLICA' END AS enabled,
       format('ALTER TABLE %I.%I ENABLE TRIGGER %I;', t.nspname, t.relname, g.tgname) AS sql
  FROM t
  JOIN pg_trigger AS g ON g.tgrelid = t.oid AND NOT g.tgisinternal AND g.tgenabled IN ('A', 'R')
UNION ALL
SELECT 'rule', t.full_name || ': ' || r.rulename,
       CASE r.ev_enabled WHEN 'A' THEN 'ALWAYS' ELSE 'REPLICA' END,
       format('ALTER TABLE %I.%I ENABLE RULE %I;', t.nspname, t.relname, r.rulename)
  FROM t
  JOIN pg_rewrite AS r ON r.ev_class = t.oid AND r.ev_enabled IN ('A', 'R')
UNION ALL
SELECT 'row_security', t.full_name, '', format('ALTER ROLE %s BYPASSRLS;', quote_ident(current_user))
  FROM t
 WHERE row_security_active(t.oid)
 ORDER BY 1, 2;
