-- Tables of ours at the source. Everybody may read them, else an owner's pg_dump would fail.
CREATE TABLE IF NOT EXISTS walferry.heartbeat (
    task text PRIMARY KEY,
    n bigint NOT NULL DEFAULT 0,
    at timestamptz NOT NULL DEFAULT now(),
    task_uuid text NOT NULL -- whose slot it is: a state directory that was lost knows another
);
CREATE TABLE IF NOT EXISTS walferry.identity (
    task text,
    relation oid,
    previous text NOT NULL, -- behind REPLICA IDENTITY
    PRIMARY KEY (task, relation)
);
GRANT USAGE ON SCHEMA walferry TO PUBLIC;
GRANT SELECT ON walferry.heartbeat, walferry.identity TO PUBLIC;
