"""Where the programs under test are, and what they say about themselves."""

import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
STAGES = ("capture", "copy", "transform", "loader", "schema")


def bin_dir():
    return os.environ.get("WALFERRY_BIN", os.path.join(ROOT, "build", "dev", "bin"))


def program(name):
    """walferry, or walferry-capture and so on."""
    return os.path.join(bin_dir(), name)


def failpoints(name):
    """The names a program was built with; none when it is not there."""
    if not os.access(program(name), os.X_OK):
        return []
    out = subprocess.run([program(name), "--failpoints"], capture_output=True, text=True,
                         timeout=20, check=True)
    return out.stdout.split()
