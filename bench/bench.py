"""./dev bench: walferry beside native logical replication and pgcopydb, on the same fresh servers.

Each system follows the source into a database of its own. A workload is written while all hold
still; then each drains the same backlog, one after the other, in an order that alternates from run
to run. The clock starts at `walferry resume` and at ALTER SUBSCRIPTION ENABLE, and stops when the
last transaction is visible at the destination. ratio = their time / ours.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import time

import common  # noqa: F401  (finds the harness)
from harness import Cluster, find_servers
from systems import Native, Pgcopydb, Walferry
from workloads import Copy, Inserts, Singles, Tpcb, Updates, Wide, pgbench_script

SETTINGS = {"fsync": "on", "full_page_writes": "on", "shared_buffers": "'512MB'",
            "max_wal_size": "'16GB'", "checkpoint_timeout": "'30min'",
            # Else a subscription that is enabled soon after another waits for 5 s.
            "wal_retrieve_retry_interval": "'50ms'"}
WORKS = ("insert", "update", "tpcb", "single", "wide", "copy", "latency", "memory")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="comma separated, of: " + ", ".join(WORKS))
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--version", type=int, default=15, help="of both servers")
    parser.add_argument("--seconds", type=int, default=30, help="of the latency measurement")
    parser.add_argument("--rate", type=int, default=500, help="transactions a second in it")
    parser.add_argument("--processes", action="store_true",
                        help="also prints the processes that took most CPU time")
    parser.add_argument("--quick", action="store_true",
                        help="a tenth of the rows, one run: whether it works, not how fast")
    parser.add_argument("--json", help="also writes every figure to this file")
    args = parser.parse_args()
    if args.quick:
        args.rows, args.runs, args.seconds = args.rows // 10, 1, min(args.seconds, 5)
    return args


def said(*command):
    """The first line that a program prints, or that it is not there."""
    try:
        text = subprocess.run(command, capture_output=True, text=True, timeout=10).stdout
    except OSError:
        return f"{command[0]}: not found"
    return (text.splitlines() or ["unknown"])[0]


class Bench:
    def __init__(self, args):
        self.args, self.figures = args, []
        self.source = Cluster(args.version, SETTINGS)
        self.destination = Cluster(args.version, SETTINGS)

    def __enter__(self):
        self.source.start()
        self.destination.start()
        return self

    def __exit__(self, *_):
        self.source.remove()
        self.destination.remove()
        Cluster.remove_templates()

    def say(self, text=""):
        print(text, flush=True)

    def head(self):
        self.say(f"PostgreSQL {self.source.value('SHOW server_version')}, {os.cpu_count()} CPUs, "
                 f"load {os.getloadavg()[0]:.1f}")
        for name in ("fsync", "shared_buffers", "wal_level", "logical_decoding_work_mem",
                     "max_wal_size", "max_parallel_maintenance_workers",
                     "max_sync_workers_per_subscription"):
            self.say(f"  {name} = {self.source.value('SHOW ' + name)}")
        self.say("  synchronous_commit = off at the destinations; native: streaming = off, "
                 "binary = off (its defaults)")

        self.say(f"  walferry {said('git', '-C', os.path.dirname(__file__), 'describe', '--always')}; "
                 f"{said('pgcopydb', '--version')}, which also vacuums what it copied")

    def fresh_source(self):
        self.source.create_database("shop")

    def note(self, work, system, run, result):
        scale = 1e6 / work.rows
        extra = f"   CPU s per million rows: {result.servers * scale:5.2f} of the servers"
        if result.roles:
            extra += (f", {result.cpu * scale:5.2f} of ours; peak RssAnon " +
                      ", ".join(f"{r} {b / 1e6:.0f} MB" for r, b in sorted(result.roles.items())))
        self.say(f"  run {run}  {system:9} {result.seconds:7.2f} s{extra}")
        if self.args.processes:
            for seconds, name, _ in result.spent[:9]:
                self.say(f"      {seconds:7.2f} CPU s  {name}")
        self.figures.append({"work": work.name, "system": system, "run": run,
                             "seconds": result.seconds, "cpu": result.cpu,
                             "cpu_of_servers": result.servers, "peak": result.roles})
        return result.seconds

    def medians(self, work, times):
        ours = statistics.median(times["walferry"])
        self.say(f"  median walferry {ours:.2f} s; " + "; ".join(
            f"{name} {statistics.median(values):.2f} s, ratio {statistics.median(values) / ours:.2f}"
            + self.least(work, name)
            for name, values in times.items() if name != "walferry"))

    @staticmethod
    def least(work, name):
        least = 1.1 if name == "pgcopydb" else work.least
        return f" (at least {least})" if least else ""

    def drain(self, work):
        self.say(f"\n{work.name}: {work.what}")
        times = {"walferry": [], "native": []}
        for run in range(1, self.args.runs + 1):
            self.fresh_source()
            work.make_tables(self.source, "shop")
            systems = [Native(self.source, self.destination), Walferry(self.source, self.destination)]
            try:
                for system in systems:
                    system.prepare(work)
                work.write(self.source)
                work.end(self.source)
                for system in systems if run % 2 else reversed(systems):
                    self.destination.sql("CHECKPOINT")
                    times[system.name].append(self.note(work, system.name, run, system.go()))
            finally:
                for system in systems:
                    system.remove()
                self.source.drop_slots()
        self.medians(work, times)

    def copy(self):
        work = Copy(self.args.rows)
        self.say(f"\n{work.name}: {work.what}")
        times = {"walferry": [], "native": [], "pgcopydb": []}
        self.fresh_source()
        work.fill(self.source)
        for run in range(1, self.args.runs + 1):
            order = (Walferry, Native, Pgcopydb) if run % 2 else (Pgcopydb, Native, Walferry)
            for system in [kind(self.source, self.destination) for kind in order]:
                self.destination.sql("CHECKPOINT")
                try:
                    times[system.name].append(self.note(work, system.name, run, system.copy(work)))
                finally:
                    system.remove()
                    self.source.drop_slots()
                    self.destination.sql(f"DROP DATABASE {system.name} WITH (FORCE)")
        self.medians(work, times)

    def latency(self):
        """From commit at the source to commit at the destination, both by the servers' own clocks.

        The native apply worker writes the source's commit time into its own commits; there the time
        at which the row was applied, just before the commit, has to do.
        """
        self.say(f"\nlatency: commit to commit at {self.args.rate} transactions a second, "
                 f"{self.args.seconds} s")
        commit = "pg_xact_commit_timestamp(xmin)"
        for kind, arrival in ((Native, "arrived"), (Walferry, commit)):
            self.fresh_source()
            work = Singles(0)
            work.make_tables(self.source, "shop")
            system = kind(self.source, self.destination)
            script = pgbench_script("INSERT INTO t SELECT nextval('s'), repeat('x', 200);\n")
            try:
                system.prepare(work)
                if arrival == "arrived":
                    self.destination.sql("ALTER TABLE t ADD arrived timestamptz "
                                         "DEFAULT clock_timestamp()", database=system.name)
                work.end(self.source)
                system.go()
                self.source.pgbench("-n", "-c", "4", "-j", "1", "-R", str(self.args.rate), "-T",
                                    str(self.args.seconds), "-f", script, database="shop")
                self.report_latency(system.name, commit, arrival)
            finally:
                os.unlink(script)
                system.remove()
                self.source.drop_slots()

    def report_latency(self, name, departure, arrival):
        query = "SELECT id, extract(epoch FROM {}) FROM t"
        left = dict(self.source.sql(query.format(departure), database="shop"))
        deadline = time.monotonic() + 60
        while True:
            right = dict(self.destination.sql(query.format(arrival), database=name))
            if len(right) == len(left) or time.monotonic() > deadline:
                break
            time.sleep(0.2)
        found = sorted(float(right[key] - left[key]) * 1000 for key in right)
        at = {p: found[min(len(found) - 1, int(len(found) * p / 100))] for p in (50, 95, 99)}
        self.say(f"  {name:9} p50 {at[50]:.1f} ms, p95 {at[95]:.1f} ms, p99 {at[99]:.1f} ms, "
                 f"largest {found[-1]:.1f} ms, {len(found):,} of {len(left):,} transactions")
        self.figures.append({"work": "latency", "system": name, "ms": at, "largest": found[-1]})

    def memory(self):
        work = Inserts(self.args.rows * 5, "memory", None)
        self.say(f"\nmemory: {work.what}")
        self.fresh_source()
        work.make_tables(self.source, "shop")
        system = Walferry(self.source, self.destination)
        try:
            system.prepare(work)
            work.write(self.source)
            work.end(self.source)
            self.note(work, system.name, 1, system.go())
        finally:
            system.remove()
            self.source.drop_slots()

    def run(self):
        self.head()
        rows = self.args.rows
        drains = {"insert": lambda: Inserts(rows), "update": lambda: Updates(rows),
                  "tpcb": lambda: Tpcb(rows // 10), "single": lambda: Singles(rows // 10),
                  "wide": lambda: Wide(rows // 10)}
        wanted = self.args.only.split(",") if self.args.only else WORKS
        for name in wanted:
            if name in drains:
                self.drain(drains[name]())
            else:
                getattr(self, name)()
        if self.args.json:
            with open(self.args.json, "w") as file:
                json.dump(self.figures, file, indent=1)


def main():
    args = arguments()
    unknown = set((args.only or "").split(",")) - set(WORKS) - {""}
    if unknown:
        sys.exit(f"no such work: {', '.join(sorted(unknown))}; there are {', '.join(WORKS)}")
    if args.version not in find_servers():
        sys.exit(f"no server of version {args.version} on this machine")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # and cleans up
    with Bench(args) as bench:
        bench.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
