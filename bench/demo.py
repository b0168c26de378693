"""./dev demo [--selectdb]: copy a database, follow it, kill a stage on the way, compare.

Private servers in a temporary folder; nothing of the user's is touched. With --selectdb the
destination is walferry-selectdb-sim, the simulator of SelectDB. Ends with 0 only when source and
destination are equal.
"""

import argparse
import signal
import subprocess
import sys
import time

import common  # noqa: F401  (finds the harness)
from harness import Cluster, Simulator, Task, differences, find_servers
from harness.selectdb_compare import Watched
from harness.selectdb_compare import differences as selectdb_differences
from harness.witness import Witness

SECONDS = 16
RATE = 400
BOLD, DIM, RED, GREEN, PLAIN = ("\033[1m", "\033[2m", "\033[31m", "\033[32m", "\033[0m") \
    if sys.stdout.isatty() else ("",) * 5


def headline(text):
    print(f"\n{BOLD}{text}{PLAIN}", flush=True)


def line(text):
    print(f"  {text}", flush=True)


def show_command(task, *arguments):
    print(f"  {DIM}$ walferry {' '.join(arguments)}{PLAIN}", flush=True)
    result = task.cli(*arguments, check=False)
    for text in (result.stdout + result.stderr).splitlines():
        line(text)
    return result.returncode


def kill(task, role):
    old = task.pids(role)
    task.kill(role)
    line(f"{RED}kill -9 {old[0] if old else '?'}{PLAIN}  (walferry-{role})")


def killer(role):
    return lambda task: kill(task, role)


class Postgres:
    """The destination is a PostgreSQL server of the same version."""

    HEADLINE = "Two private PostgreSQL servers"
    SCALE = 10

    def __init__(self, version):
        self.server = Cluster(version)
        # second of the load: what happens then
        self.deaths = {5: killer("loader"), 9: killer("transform"), 12: killer("capture")}

    def start(self):
        self.server.start()
        self.server.create_database("shop")
        return f"{self.server.value('SHOW server_version')}, {self.server.conninfo('shop')}"

    def watch(self, source):
        pass

    def of_task(self):
        return self.server.conninfo("shop")

    def differences(self, source):
        return differences(source.conninfo("shop"), self.server.conninfo("shop"))

    def remove(self):
        self.server.remove()


class Selectdb:
    """The destination is the simulator. pgbench_history has no key: it becomes a history there,
    which is compared with what pg_recvlogical saw on a slot of its own."""

    HEADLINE = "A private PostgreSQL server and a simulated SelectDB"
    SCALE = 3

    def __init__(self, _):
        self.server = Simulator("selectdb-cloud")
        self.witness = self.watched = None
        self.deaths = {4: killer("loader"), 6: self.kill_backend, 8: killer("transform"),
                       10: self.start_backend, 12: killer("capture"), 14: self.restart_frontend}

    def kill_backend(self, _):
        self.server.kill_backend(1)
        line(f"{RED}a BE of SelectDB dies{PLAIN}")

    def start_backend(self, _):
        self.server.start_backend(1)
        line("and is there again")

    def restart_frontend(self, _):
        self.server.restart_frontend()
        line(f"{RED}the FE of SelectDB restarts{PLAIN}")

    def start(self):
        self.server.start()
        self.server.create_database("shop")
        return f"{self.server.profile}, FE {self.server.url()}, {self.server.backend_count} BE"

    def watch(self, source):
        self.witness = Witness(source, "shop")
        self.watched = Watched(source.conninfo("shop"), self.witness)

    def of_task(self):
        return self.server.destination("shop")

    def differences(self, source):
        return selectdb_differences(source.conninfo("shop"), self.server, "shop", self.watched)

    def remove(self):
        if self.witness:
            self.witness.stop()
        self.server.remove()


def fill(source, there):
    headline(there.HEADLINE)
    source.create_database("shop")
    line(f"source       {source.value('SHOW server_version')}, {source.conninfo('shop')}")
    line(f"destination  {there.start()}")
    source.pgbench("-i", "-q", "-s", str(there.SCALE), database="shop")
    there.watch(source)
    size = source.value("SELECT pg_size_pretty(pg_database_size('shop'))")
    line(f"pgbench tables in the source: {size}, {there.SCALE * 100_000:,} accounts")


def show_copy(task):
    headline("Copy")
    began, last = time.monotonic(), None
    while True:
        status = task.wait_for(lambda s: True, 30)
        if status["state"] == "failed":
            raise SystemExit(f"the task failed: {status['error']}")
        tables, rows = status["tables"], status["rows"]
        text = (f"{status['phase']:7} {tables['copied']}/{tables['total']} tables, "
                f"{rows['copied']:>9,} rows copied")
        if text != last:
            line(f"{time.monotonic() - began:5.1f} s  {text}")
        last = text
        if status["consistent"]:
            line(f"the destination is a state of the source after {time.monotonic() - began:.1f} s")
            return
        time.sleep(0.25)


def show_stages(status):
    return ", ".join(f"{s['role']} {s['pid']}" for s in status["stages"])


def follow(source, task, deaths):
    """Writes for some seconds, with deaths on the way; gives the latencies seen."""
    headline(f"Follow: pgbench writes for {SECONDS} s, {RATE} transactions a second")
    load = source.pgbench("-n", "-c", "4", "-j", "1", "-T", str(SECONDS), "-R", str(RATE),
                          database="shop", background=True)
    try:
        return watch(task, load, deaths)
    finally:
        load.kill()
        load.communicate()


def watch(task, load, deaths):
    latencies = []
    status = task.status()
    applied, second = status["changes"]["applied"], 0
    line(f"stages: {show_stages(status)}")
    next_look = time.monotonic() + 1
    while load.poll() is None:
        time.sleep(max(0.0, next_look - time.monotonic()))
        next_look, second = next_look + 1, second + 1
        status = task.status()
        if not status:
            continue
        now = status["changes"]["applied"]
        latency = status["latency_ms"]  # None: nothing was applied yet
        latencies += [latency] if latency is not None else []
        line(f"{second:3} s  {now - applied:6,} changes/s  "
             f"latency {'-' if latency is None else latency:>6} ms  "
             f"lag {status['source']['lag_bytes']:>9,} bytes")
        applied = now
        if second in deaths:
            deaths[second](task)
    line(f"stages: {show_stages(task.status())}")
    return latencies


def compare(source, there, task):
    headline("Compare")
    task.wait_caught_up(60)
    theirs = show_command(task, "compare", task.name)
    found = there.differences(source)
    for text in found:
        line(f"{RED}{text}{PLAIN}")
    return theirs == 0 and not found


def summary(source, there, task, latencies, equal, began):
    headline("Summary")
    status = task.status()
    written = source.value("SELECT count(*) FROM pgbench_history", database="shop")
    line(f"{status['rows']['copied']:,} rows copied, {written:,} transactions of pgbench followed")
    quiet = sorted(latencies)
    line(f"latency: median {quiet[len(quiet) // 2]} ms, largest {quiet[-1]} ms "
         f"({len(there.deaths)} deaths and returns included)")
    line(f"restarts {sum(s['restarts'] for s in status['stages'])}, batches sent again "
         f"{status['redelivered_batches']}, duplicates dropped {status['duplicates_dropped']}")
    line(f"{GREEN}equal{PLAIN}" if equal else f"{RED}SOURCE AND DESTINATION DIFFER{PLAIN}")
    line(f"{time.monotonic() - began:.0f} s in all")


def tell(source, there):
    began = time.monotonic()
    fill(source, there)
    with Task(source.conninfo("shop"), there.of_task(), name="demo") as task:
        headline("The task")
        with open(task.file) as file:
            for text in file.read().splitlines():
                line(text)
        task.run()
        print(f"  {DIM}$ walferry run demo.cfg{PLAIN}")
        show_copy(task)
        latencies = follow(source, task, there.deaths)
        equal = compare(source, there, task)
        summary(source, there, task, latencies, equal, began)
        headline("Clean-up")
        show_command(task, "release", task.name)
        task.stop()
    return equal


def story(kind):
    version = min(find_servers())
    there = kind(version)
    try:
        with Cluster(version) as source:
            equal = tell(source, there)
    finally:
        there.remove()
    line("servers and folders are gone")
    return 0 if equal else 1


def interrupted(*_):
    raise KeyboardInterrupt


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--selectdb", action="store_true", help="into a simulated SelectDB")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, interrupted)
    try:
        return story(Selectdb if arguments.selectdb else Postgres)
    except KeyboardInterrupt:
        print("\ninterrupted; servers and folders are gone", file=sys.stderr)
        return 130
    except (AssertionError, OSError, subprocess.SubprocessError) as error:
        print(f"\n{RED}the demo failed:{PLAIN} {error}", file=sys.stderr)
        return 1
    finally:
        Cluster.remove_templates()


if __name__ == "__main__":
    sys.exit(main())
