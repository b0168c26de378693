"""What a run costs: CPU seconds of our processes and of the servers, peak of private memory."""

import os
import threading
import time

from harness.task import processes_of

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def rss_anon(pid):
    try:
        with open(f"/proc/{pid}/status") as file:
            for line in file:
                if line.startswith("RssAnon:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def children_of(pids):
    """{pid: name} of the servers' processes; a name as the server titles it, or postgres."""
    found = {}
    for parent in pids:
        try:
            with open(f"/proc/{parent}/task/{parent}/children") as file:
                children = file.read().split()
        except OSError:
            continue
        for child in children:
            try:
                with open(f"/proc/{child}/cmdline") as file:
                    found[int(child)] = file.read().replace("\0", " ").strip()
            except OSError:
                pass
    return found


class Usage(threading.Thread):
    """Samples the processes of a state directory and of servers while it is entered.

    state_dir may be None. The servers' share is what tells on a machine that others use at the same
    time, where seconds tell little.
    """

    def __init__(self, state_dir, servers):
        super().__init__(daemon=True)
        self.state_dir, self.servers = state_dir, [server.process.pid for server in servers]
        self.ended = threading.Event()
        self.first, self.last, self.peak, self.names = {}, {}, {}, {}
        self.ours = set()

    def __enter__(self):
        for pid in self.look():
            self.first[pid] = cpu_seconds(pid)
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join(10)
        self.sample(self.look())

    def look(self):
        ours = processes_of(self.state_dir) if self.state_dir else {}
        ours = {pid: name for pid, name in ours.items() if name != "walferry"}
        self.ours.update(ours)
        theirs = children_of(self.servers)
        self.names.update({**ours, **theirs})
        return {**ours, **theirs}

    def run(self):
        pids, looked = {}, 0.0
        while not self.ended.wait(0.05):
            if time.monotonic() - looked > 0.3:
                pids, looked = self.look(), time.monotonic()
            self.sample(pids)

    def sample(self, pids):
        for pid in pids:
            self.last[pid] = max(self.last.get(pid, 0.0), cpu_seconds(pid))
            if pid in self.ours:
                role = self.names[pid].removeprefix("walferry-")
                self.peak[role] = max(self.peak.get(role, 0), rss_anon(pid))

    def spent(self):
        """[(CPU seconds, name, is ours)], the most first."""
        return sorted(((spent - self.first.get(pid, 0.0), self.names[pid], pid in self.ours)
                       for pid, spent in self.last.items()), reverse=True)

    def cpu(self):
        return sum(seconds for seconds, _, ours in self.spent() if ours)

    def cpu_of_servers(self):
        return sum(seconds for seconds, _, ours in self.spent() if not ours)
