"""The copy path alone: walferry-copy and a loader's chunk loads, beside a raw pipe of two psql.

    /usr/bin/python3 bench/copy_alone.py [ROWS [RUNS]]        (after a build of copy-rig)

Shows what the path itself costs, without supervisor, transform, stream and keys.
"""

import subprocess
import sys
import time

import common  # noqa: F401  (finds the harness)
from harness import Cluster
from harness.cluster import client_program
from harness.rig import Rig
from measure import cpu_seconds

SETTINGS = {"synchronous_commit": "off", "shared_buffers": "'512MB'", "max_wal_size": "'16GB'"}
CHUNK_PAGES = 3000
DDL = "CREATE TABLE t (id int, a int, b bigint, note text)"
ROWS = "INSERT INTO t SELECT n, n % 7, n * 10, repeat('x', 160) || n FROM generate_series(1, {}) n"


def empty(destination):
    destination.sql("TRUNCATE t", database="shop")
    destination.sql("DROP SCHEMA IF EXISTS walferry CASCADE", database="shop")
    destination.sql("CHECKPOINT")


def psql(cluster, statement):
    return [client_program("psql"), "-qX", "-h", cluster.folder, "-p", str(cluster.port), "-U",
            "postgres", "-c", statement, "shop"]


def raw_pipe(source, destination, form):
    began = time.monotonic()
    reader = subprocess.Popen(psql(source, f"COPY t TO STDOUT (FORMAT {form})"),
                              stdout=subprocess.PIPE)
    subprocess.run(psql(destination, f"COPY t FROM STDIN (FORMAT {form})"), stdin=reader.stdout,
                   check=True)
    reader.wait()
    return f"{time.monotonic() - began:5.2f} s"


def ours(source, destination, binary, pages):
    with Rig(source.conninfo("shop"), destination.conninfo("shop")) as rig:
        rig.plan("public", "t", pages, binary)
        rig.start_copy()
        began = time.monotonic()
        rig.copy_all(600)
        seconds = time.monotonic() - began
        return f"{seconds:5.2f} s   CPU s: copy {cpu_seconds(rig.copy.pid):.2f}, " \
               f"loader {cpu_seconds(rig.process.pid):.2f}"


def main():
    rows, runs = (list(map(int, sys.argv[1:])) + [1_000_000, 3][len(sys.argv) - 1:])[:2]
    with Cluster(15, SETTINGS) as source, Cluster(15, SETTINGS) as destination:
        for cluster in (source, destination):
            cluster.create_database("shop")
            cluster.sql(DDL, database="shop")
        source.sql(ROWS.format(rows), database="shop")
        source.sql("VACUUM t", database="shop")
        ways = {"raw pipe, binary": lambda: raw_pipe(source, destination, "binary"),
                "raw pipe, text": lambda: raw_pipe(source, destination, "text"),
                "ours, binary": lambda: ours(source, destination, True, 0),
                "ours, text": lambda: ours(source, destination, False, 0),
                "ours, binary, in chunks": lambda: ours(source, destination, True, CHUNK_PAGES)}
        for _ in range(runs):
            for name, way in ways.items():
                empty(destination)
                print(f"{name:24} {way()}", flush=True)
    Cluster.remove_templates()


if __name__ == "__main__":
    main()
