"""What the stages hold while something happens: the largest private memory of each, and the spool."""

import os
import threading

from .task import processes_of

MB = 1_000_000


def private_memory(pid):
    try:
        with open(f"/proc/{pid}/status") as file:
            lines = dict(line.split(":", 1) for line in file)
        return int(lines["RssAnon"].split()[0]) * 1024
    except (OSError, KeyError):
        return 0


def spool_bytes(task):
    size = 0
    for folder, _, files in os.walk(os.path.join(task.state_dir, "spool")):
        for file in files:
            try:
                size += os.stat(os.path.join(folder, file)).st_size
            except FileNotFoundError:
                pass
    return size


class Watcher(threading.Thread):
    """Looks again and again while it is entered."""

    PAUSE = 0.1

    def __init__(self):
        super().__init__(daemon=True)
        self.ended = threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join()

    def run(self):
        while not self.ended.wait(self.PAUSE):
            self.look()


class Peaks(Watcher):
    """The largest private memory of each stage, and what the spool holds at most."""

    def __init__(self, task):
        super().__init__()
        self.task, self.peak, self.spooled = task, {}, 0

    def look(self):
        for pid, name in processes_of(self.task.state_dir).items():
            self.peak[name] = max(self.peak.get(name, 0), private_memory(pid))
        self.spooled = max(self.spooled, spool_bytes(self.task))

    def __exit__(self, *_):
        super().__exit__()
        for name, size in sorted(self.peak.items()):
            print(f"{name}: {size / MB:.0f} MB")
        print(f"spool: {self.spooled / MB:.0f} MB")
