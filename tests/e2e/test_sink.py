"""The loader's PostgreSQL sink against real servers, by a test program of its own."""

import os
import subprocess

import pytest
from harness import program


def test_every_story_of_the_sink(server):
    path = os.path.join(os.path.dirname(program("walferry")), "..", "tests", "sink_postgres_test")
    if not os.access(path, os.X_OK):
        pytest.skip(f"{path} is not built")

    result = subprocess.run([path, server.conninfo()], capture_output=True, text=True, timeout=100)

    assert result.returncode == 0, result.stdout + result.stderr
