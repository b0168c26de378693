"""./dev bench --selectdb: what the way into SelectDB costs, without a SelectDB.

encode: walferry-capture follows a real source and its batches are kept in a file, which csv-rig then
makes CSV of, on one core. MB/s are of CSV, 1 MB = 10^6 bytes, by CPU time; `encode` is the writing
alone, `with checks` what is done before for values that the destination cannot hold as well, `all`
the decoding of the batches too. pg_recvlogical reads the same WAL (pgoutput, to /dev/null), to tell
what the source itself can give.

None of this is a figure of SelectDB or Doris.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import common  # noqa: F401  (finds the harness)
from bench import SETTINGS
from harness import Cluster, find_servers
from harness.capture_rig import CaptureRig, prepare, rig_program
from harness.cluster import client_program
from harness.waiting import wait_until
from workloads import Inserts, Wide

LEAST_MB = 250  # of CSV a second and core
SLOT = "recvlogical"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, prog="./dev bench --selectdb",
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--selectdb", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--version", type=int, default=15, help="of the source")
    parser.add_argument("--quick", action="store_true",
                        help="a tenth of the rows, one run: whether it works, not how fast")
    parser.add_argument("--json", help="also writes every figure to this file")
    args = parser.parse_args()
    if args.quick:
        args.rows, args.runs = args.rows // 10, 1
    return args


class SelectdbBench:
    def __init__(self, args):
        self.args, self.figures = args, []
        self.folder = tempfile.mkdtemp(prefix="wfb-", dir="/tmp")
        self.source = Cluster(args.version, SETTINGS)

    def __enter__(self):
        self.source.start()
        return self

    def __exit__(self, *_):
        self.source.remove()
        Cluster.remove_templates()
        shutil.rmtree(self.folder, ignore_errors=True)

    def say(self, text=""):
        print(text, flush=True)

    def note(self, work, run, **figures):
        self.figures.append({"work": work.name, "run": run, **figures})

    def record(self, work):
        """(file of the workload's batches, seconds of capture): as capture sent them."""
        path = os.path.join(self.folder, f"{work.name}.batches")
        with CaptureRig(self.source) as rig:
            rig.say("record", path)
            began = time.monotonic()
            rig.start()
            wait_until(lambda: rig.stats()["changes"] >= work.rows, 300, "capture has read all",
                       pause=0.05)
            seconds = time.monotonic() - began
        return path, seconds

    def recvlogical(self):
        """Seconds in which pg_recvlogical reads the same WAL."""
        end = self.source.value("SELECT pg_current_wal_lsn()")
        began = time.monotonic()
        subprocess.run([client_program("pg_recvlogical"), "-h", self.source.folder, "-p",
                        str(self.source.port), "-U", "postgres", "-d", "shop", "--slot", SLOT,
                        "--start", "--endpos", end, "--no-loop", "-f", "/dev/null", "-o",
                        "proto_version=1", "-o", "publication_names=walferry_t"],
                       check=True, timeout=300)
        return time.monotonic() - began

    def encode_once(self, work, path, run):
        rig = os.path.join(os.path.dirname(rig_program()), "csv-rig")
        words = subprocess.run([rig, path], check=True, capture_output=True, text=True).stdout.split()
        found = dict(zip(words[::2], map(float, words[1::2])))
        assert found["rows"] == work.rows, found
        spent = {"encode": found["encode"], "with checks": found["encode"] + found["check"]}
        spent["all"] = spent["with checks"] + found["decode"]
        speeds = {name: found["bytes"] / 1e6 / seconds for name, seconds in spent.items()}
        self.say(f"  run {run}  {found['bytes'] / 1e6:.0f} MB of CSV   " +
                 ", ".join(f"{name} {speed:.0f} MB/s" for name, speed in speeds.items()))
        self.note(work, run, bytes=found["bytes"], cpu=spent, mb_per_second=speeds)
        return speeds["encode"]

    def encode(self, work):
        self.say(f"\n{work.name}: {work.what}")
        self.source.create_database("shop")
        work.make_tables(self.source, "shop")
        prepare(self.source, "t")
        self.source.sql(f"SELECT pg_create_logical_replication_slot('{SLOT}', 'pgoutput')",
                        database="shop")
        try:
            work.write(self.source)
            work.end(self.source)
            path, captured = self.record(work)
            received = self.recvlogical()
        finally:
            self.source.drop_slots()
        self.say(f"  the same WAL: capture {captured:.2f} s, pg_recvlogical {received:.2f} s")
        self.note(work, 0, capture_seconds=captured, recvlogical_seconds=received)
        speeds = [self.encode_once(work, path, run) for run in range(1, self.args.runs + 1)]
        self.say(f"  median {statistics.median(speeds):.0f} MB/s of CSV a core"
                 f" (at least {LEAST_MB})")
        os.unlink(path)

    def run(self):
        self.say(f"PostgreSQL {self.source.value('SHOW server_version')}, {os.cpu_count()} CPUs, "
                 f"load {os.getloadavg()[0]:.1f}")
        self.encode(Inserts(self.args.rows))
        self.encode(Wide(self.args.rows // 10))
        if self.args.json:
            with open(self.args.json, "w") as file:
                json.dump(self.figures, file, indent=1)


def main():
    args = arguments()
    if args.version not in find_servers():
        sys.exit(f"no server of version {args.version} on this machine")
    with SelectdbBench(args) as bench:
        bench.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
