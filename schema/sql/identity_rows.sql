-- Identities that a task changed: the SQL that puts each back, which is NULL if there is nothing to
-- do: the table is gone, has been given another one since, or another task still needs it.
-- $1 task
SELECT i.relation,
       c.oid::regclass::text AS "table",
       CASE WHEN c.relreplident = 'f'
             AND NOT EXISTS (SELECT FROM walferry.identity AS o
                              WHERE o.relation = i.relation AND o.task <> i.task)
            THEN format('ALTER TABLE ONLY %s REPLICA IDENTITY %s', c.oid::regclass, i.previous)
       END AS sql
  FROM walferry.identity AS i
  LEFT JOIN pg_class AS c ON c.oid = i.relation
 WHERE i.task = $1
 ORDER BY i.relation;
