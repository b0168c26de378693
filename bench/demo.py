"""./dev demo: copy a database, follow it, kill a stage on the way, compare.

Two private servers in a temporary folder; nothing of the user's is touched. Ends with 0 only when
both databases are equal.
"""

import signal
import subprocess
import sys
import time

import common  # noqa: F401  (finds the harness)
from harness import Cluster, Task, differences, find_servers

SCALE = 10
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


def fill(source, destination):
    headline("Two private PostgreSQL servers")
    for name, cluster in (("source", source), ("destination", destination)):
        cluster.create_database("shop")
        line(f"{name:12} {cluster.value('SHOW server_version')}, {cluster.conninfo('shop')}")
    source.pgbench("-i", "-q", "-s", str(SCALE), database="shop")
    size = source.value("SELECT pg_size_pretty(pg_database_size('shop'))")
    line(f"pgbench tables in the source: {size}, {SCALE * 100_000:,} accounts")


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


def kill(task, role):
    old = task.pids(role)
    task.kill(role)
    line(f"{RED}kill -9 {old[0] if old else '?'}{PLAIN}  (walferry-{role})")
    return old


def show_stages(status):
    return ", ".join(f"{s['role']} {s['pid']}" for s in status["stages"])


def follow(source, task):
    """Writes for some seconds, with a death on the way; gives the latencies seen."""
    headline(f"Follow: pgbench writes for {SECONDS} s, {RATE} transactions a second")
    load = source.pgbench("-n", "-c", "4", "-j", "1", "-T", str(SECONDS), "-R", str(RATE),
                          database="shop", background=True)
    try:
        return watch(task, load)
    finally:
        load.kill()
        load.communicate()


def watch(task, load):
    latencies, deaths = [], {5: "loader", 9: "transform", 12: "capture"}
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
        latencies.append(status["latency_ms"])
        line(f"{second:3} s  {now - applied:6,} changes/s  latency {status['latency_ms']:6} ms  "
             f"lag {status['source']['lag_bytes']:>9,} bytes")
        applied = now
        if second in deaths:
            kill(task, deaths[second])
    line(f"stages: {show_stages(task.status())}")
    return latencies


def compare(source, destination, task):
    headline("Compare")
    task.wait_caught_up(60)
    theirs = show_command(task, "compare", task.name)
    found = differences(source.conninfo("shop"), destination.conninfo("shop"))
    for text in found:
        line(f"{RED}{text}{PLAIN}")
    return theirs == 0 and not found


def summary(source, task, latencies, equal, began):
    headline("Summary")
    status = task.status()
    written = source.value("SELECT count(*) FROM pgbench_history", database="shop")
    line(f"{status['rows']['copied']:,} rows copied, {written:,} transactions of pgbench followed")
    quiet = sorted(latencies)
    line(f"latency: median {quiet[len(quiet) // 2]} ms, largest {quiet[-1]} ms (three deaths included)")
    line(f"restarts {sum(s['restarts'] for s in status['stages'])}, batches sent again "
         f"{status['redelivered_batches']}, duplicates dropped {status['duplicates_dropped']}")
    line(f"{GREEN}equal{PLAIN}" if equal else f"{RED}THE DATABASES DIFFER{PLAIN}")
    line(f"{time.monotonic() - began:.0f} s in all")


def story():
    began = time.monotonic()
    version = min(find_servers())
    with Cluster(version) as source, Cluster(version) as destination:
        fill(source, destination)
        with Task(source.conninfo("shop"), destination.conninfo("shop"), name="demo") as task:
            headline("The task")
            with open(task.file) as file:
                for text in file.read().splitlines():
                    line(text)
            task.run()
            print(f"  {DIM}$ walferry run demo.cfg{PLAIN}")
            show_copy(task)
            latencies = follow(source, task)
            equal = compare(source, destination, task)
            summary(source, task, latencies, equal, began)
            headline("Clean-up")
            show_command(task, "release", task.name)
            task.stop()
    line("servers and folders are gone")
    return 0 if equal else 1


def interrupted(*_):
    raise KeyboardInterrupt


def main():
    signal.signal(signal.SIGTERM, interrupted)
    try:
        return story()
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
