-- Tables of ours at the destination.
CREATE TABLE IF NOT EXISTS walferry.progress (
    task text,
    lane int,
    generation bigint NOT NULL DEFAULT 0,
    epoch bigint NOT NULL DEFAULT 0,
    commit_lsn pg_lsn NOT NULL DEFAULT '0/0',
    ordinal bigint NOT NULL DEFAULT 0,
    resume_lsn pg_lsn NOT NULL DEFAULT '0/0',
    next_record_id bigint NOT NULL DEFAULT 0,
    task_uuid text NOT NULL,
    pid int,
    updated timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (task, lane)
) WITH (fillfactor = 10); -- rewritten with every transaction: room for HOT updates
CREATE TABLE IF NOT EXISTS walferry.chunk (
    task text,
    relation_oid oid,
    chunk int,
    rows bigint NOT NULL,
    kept bigint NOT NULL DEFAULT 0, -- of rows: a row of that key was there, and stayed
    PRIMARY KEY (task, relation_oid, chunk)
);
CREATE TABLE IF NOT EXISTS walferry.created (
    task text,
    object text, -- "table public.t", "index public.i": made by the task. One of the user's own:
                 -- "empty public.t": had no rows; 'keep "public"."t"', 'overwrite ...': had some
    PRIMARY KEY (task, object)
);
GRANT USAGE ON SCHEMA walferry TO PUBLIC;
GRANT SELECT ON walferry.progress, walferry.chunk, walferry.created TO PUBLIC;
