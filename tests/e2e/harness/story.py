"""One kind of table from copy to stream: change by change, then all changes in one group."""

from .compare import differences
from .waiting import wait_until

APPLIED = "SELECT min(commit_lsn) >= %s::pg_lsn FROM walferry.progress"


class Story:
    """Tells the source what happens; both sides must be equal whenever that is asked."""

    def __init__(self, source, destination, task, database="shop"):
        self.source, self.destination, self.task = source, destination, task
        self.database = database

    def differences(self, **more):
        return differences(self.source.conninfo(self.database),
                           self.destination.conninfo(self.database), **more)

    def check(self):
        self.task.wait_caught_up()
        assert self.differences() == []

    def _cursor(self, cluster):
        connection = cluster.connect(self.database)
        connection.autocommit = True
        return connection.cursor()

    def apply(self, *changes):
        """Each is a transaction of its own, or brings its BEGIN and COMMIT along."""
        cursor = self._cursor(self.source)
        for change in changes:
            cursor.execute(change)
        cursor.connection.close()

    def one_by_one(self, changes):
        """Each change is applied before the next one is made."""
        source, destination = self._cursor(self.source), self._cursor(self.destination)

        def applied():
            assert self.task.running(), f"{change}\n{self.task.log_tail()}"
            destination.execute(APPLIED, (start,))
            return destination.fetchone()[0]

        for change in changes:
            source.execute("SELECT pg_current_wal_insert_lsn()")
            start, = source.fetchone()
            source.execute(change)
            wait_until(applied, 60, lambda: f"{change}\n{self.task.log_tail()}", pause=0.01)
        source.connection.close()
        destination.connection.close()
        self.check()

    def in_one_group(self, changes):
        """A backlog is folded: the loader sees it all at once after a pause."""
        self.task.cli("pause", self.task.name)
        self.task.wait_state("paused")
        self.apply(*changes)
        self.task.cli("resume", self.task.name)
        self.check()
