-- Is the publication as walferry makes them, and which tables are its members.
-- $1 publication
SELECT p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate AND NOT p.puballtables
       AND NOT p.pubviaroot AS as_made,
       -- a column that came with 18
       coalesce(to_jsonb(p) ->> 'pubgencols', 'n') = 's' AS sends_generated,
       (SELECT coalesce(string_agg(r.prrelid::text, ',' ORDER BY r.prrelid), '')
          FROM pg_publication_rel AS r
         WHERE r.prpubid = p.oid AND r.prrelid <> to_regclass('walferry.heartbeat')) AS members,
       EXISTS (SELECT FROM pg_publication_rel AS r
                WHERE r.prpubid = p.oid AND r.prrelid = to_regclass('walferry.heartbeat')) AS beats
  FROM pg_publication AS p
 WHERE p.pubname = $1;
