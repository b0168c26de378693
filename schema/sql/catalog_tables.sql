-- Every table that could be selected: ordinary and partitioned ones that are not temporary, not the
-- system's, not an extension's and not ours. A partition goes with its topmost parent.
-- "seen_filenode" is that of the transaction's snapshot, "filenode" the one of now.
WITH RECURSIVE tree AS (
    SELECT oid, oid AS root, 0::oid AS parent, 0 AS depth
      FROM pg_class
     WHERE relkind IN ('r', 'p') AND NOT relispartition AND relpersistence <> 't'
    UNION ALL
    SELECT i.inhrelid, tree.root, tree.oid, tree.depth + 1
      FROM tree
      JOIN pg_inherits AS i ON i.inhparent = tree.oid
      JOIN pg_class AS c ON c.oid = i.inhrelid AND c.relispartition
)
SELECT c.oid,
       tree.parent,
       tree.depth,
       n.nspname AS schema,
       c.relname AS name,
       rn.nspname AS root_schema,
       rc.relname AS root_name,
       c.relkind AS kind,
       c.relpersistence AS persistence,
       c.relreplident AS identity,
       CASE WHEN c.relkind = 'r' THEN c.relfilenode ELSE 0 END AS seen_filenode,
       coalesce(pg_relation_filenode(c.oid), 0) AS filenode,
       CASE WHEN c.relkind = 'r' THEN pg_relation_size(c.oid) ELSE 0 END AS bytes,
       c.relpages AS analyzed_pages,
       c.reltuples AS analyzed_rows,
       c.reltoastrelid <> 0 AS has_toast,
       current_setting('block_size')::int AS block_size,
       pg_get_partkeydef(c.oid) AS partition_key,
       (SELECT array_to_string(p.partattrs::int2[], ' ')
          FROM pg_partitioned_table AS p
         WHERE p.partrelid = c.oid) AS partition_uses,
       pg_get_expr(c.relpartbound, c.oid) AS partition_bound,
       (SELECT string_agg(o.prefix || format('%I = %L', option_name, option_value), ', '
                          ORDER BY o.prefix, place)
          FROM (VALUES ('', c.reloptions), ('toast.', toast.reloptions)) AS o (prefix, options)
         CROSS JOIN LATERAL pg_options_to_table(o.options)
               WITH ORDINALITY AS p (option_name, option_value, place)) AS options,
       (SELECT string_agg(format('%I.%I', pn.nspname, pc.relname), ', ' ORDER BY i.inhseqno)
          FROM pg_inherits AS i
          JOIN pg_class AS pc ON pc.oid = i.inhparent
          JOIN pg_namespace AS pn ON pn.oid = pc.relnamespace
         WHERE i.inhrelid = c.oid AND NOT c.relispartition) AS inherits,
       (SELECT string_agg(i.inhparent::text, ' ' ORDER BY i.inhseqno)
          FROM pg_inherits AS i
         WHERE i.inhrelid = c.oid AND NOT c.relispartition) AS inherits_from,
       obj_description(c.oid, 'pg_class') AS comment,
       CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END AS of_type,
       r.rolname AS owner,
       r.rolsuper AS owner_is_super,
       pg_has_role(c.relowner, 'USAGE') AS owned,
       has_table_privilege(c.oid, 'SELECT') AS readable,
       has_schema_privilege(n.oid, 'USAGE') AS schema_usable,
       row_security_active(c.oid) AS row_security
  FROM tree
  JOIN pg_class AS c ON c.oid = tree.oid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_class AS rc ON rc.oid = tree.root
  JOIN pg_namespace AS rn ON rn.oid = rc.relnamespace
  LEFT JOIN pg_class AS toast ON toast.oid = c.reltoastrelid
  JOIN pg_roles AS r ON r.oid = c.relowner
 WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'walferry')
   AND NOT EXISTS (SELECT FROM pg_depend
                    WHERE deptype = 'e' AND (classid = 'pg_class'::regclass AND objid = c.oid
                                         OR classid = 'pg_namespace'::regclass AND objid = n.oid))
 ORDER BY c.oid;
