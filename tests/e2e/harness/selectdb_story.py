"""A task into SelectDB from copy to stream; both sides must agree whenever that is asked."""

from .selectdb_compare import Watched, differences
from .witness import Witness


class SelectdbStory:
    """The witness begins before the task, so that it has seen whatever the task may have."""

    def __init__(self, source, selectdb, database="shop"):
        self.source, self.selectdb, self.database = source, selectdb, database
        self.task = None
        self.witness = Witness(source, database)
        self.watched = Watched(source.conninfo(database), self.witness)

    def begin(self, new_task, run=True, **settings):
        self.task = new_task(self.source, self.selectdb, database=self.database, **settings)
        if run:
            self.task.run().wait_consistent()
            assert self.differences() == []
        return self

    def end(self):
        if self.source.process and self.source.process.poll() is None:
            self.witness.remove()
        else:
            self.witness.stop()

    def differences(self, exclude=()):
        return differences(self.source.conninfo(self.database), self.selectdb, self.database,
                           self.watched, exclude)

    def check(self, seconds=60):
        self.task.wait_caught_up(seconds)
        assert self.differences() == []

    def apply(self, *changes):
        """Each is a transaction of its own, or brings its BEGIN and COMMIT along."""
        connection = self.source.connect(self.database)
        connection.autocommit = True
        with connection.cursor() as cursor:
            for change in changes:
                cursor.execute(change)
        connection.close()

    def in_one_group(self, changes):
        """A backlog is folded: the loader sees it all at once after a pause."""
        self.task.cli("pause", self.task.name)
        self.task.wait_state("paused")
        self.apply(*changes)
        self.task.cli("resume", self.task.name)
        self.check()
