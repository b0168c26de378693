"""What our processes cost: CPU seconds, and the peak of their private memory (RssAnon)."""

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


class Usage(threading.Thread):
    """Samples every process of a state directory while it is entered."""

    def __init__(self, state_dir):
        super().__init__(daemon=True)
        self.state_dir = state_dir
        self.ended = threading.Event()
        self.first, self.last, self.peak = {}, {}, {}

    def __enter__(self):
        self.first = {pid: cpu_seconds(pid) for pid in processes_of(self.state_dir)}
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join()
        self.sample()

    def run(self):
        pids, looked = {}, 0.0
        while not self.ended.wait(0.05):
            if time.monotonic() - looked > 0.5:
                pids, looked = processes_of(self.state_dir), time.monotonic()
            self.sample(pids)

    def sample(self, pids=None):
        for pid, name in (pids or processes_of(self.state_dir)).items():
            if name == "walferry":
                continue
            self.last[pid] = max(self.last.get(pid, 0.0), cpu_seconds(pid))
            role = name.removeprefix("walferry-")
            self.peak[role] = max(self.peak.get(role, 0), rss_anon(pid))

    def cpu(self):
        return sum(spent - self.first.get(pid, 0.0) for pid, spent in self.last.items())

    def peak_text(self):
        return ", ".join(f"{role} {size / 1e6:.0f} MB" for role, size in sorted(self.peak.items()))
