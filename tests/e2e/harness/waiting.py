"""Waiting for a condition, never for a time."""

import time


class Timeout(AssertionError):
    pass


def wait_until(condition, seconds=30, what="condition", pause=0.05):
    """Calls condition until it gives something true, which is returned."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise Timeout(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(pause)
