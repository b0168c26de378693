"""What the end-to-end tests, the demo and the benchmark share: servers, tasks, comparison."""

from .cluster import Cluster, find_servers
from .compare import differences
from .programs import failpoints, program
from .simulator import Simulator
from .story import Story
from .task import Task
from .waiting import wait_until

__all__ = ["Cluster", "Simulator", "Story", "Task", "differences", "failpoints", "find_servers", "program",
           "wait_until"]
