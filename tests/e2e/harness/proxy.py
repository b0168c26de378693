"""A TCP proxy before a private server, which can stop to forward: connections stay, nothing comes."""

import select
import socket
import threading


class Proxy:
    def __init__(self, cluster):
        self.target = socket_of(cluster)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.pairs = {}  # each socket to its other end
        self.held = threading.Event()
        self.ended = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended = True
        self.thread.join(10)
        for one in [self.listener, *self.pairs]:
            one.close()

    def conninfo(self, database, **more):
        return (f"host=127.0.0.1 port={self.port} dbname={database} user=postgres "
                + " ".join(f"{key}={value}" for key, value in more.items()))

    def hold(self):
        """Like a network that lost its way: new connections are taken and answered by nobody."""
        self.held.set()

    def let_go(self):
        self.held.clear()

    def drop(self):
        """Ends all connections there are."""
        for one in list(self.pairs):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _run(self):
        while not self.ended:
            waiting = [self.listener, *([] if self.held.is_set() else self.pairs)]
            try:
                ready, _, _ = select.select(waiting, [], [], 0.05)
            except (OSError, ValueError):
                ready = []
            for one in ready:
                if one is self.listener:
                    self._accept()
                elif one in self.pairs:
                    self._forward(one)

    def _accept(self):
        near, _ = self.listener.accept()
        far = socket.socket(socket.AF_UNIX)
        try:
            far.connect(self.target)
        except OSError:
            near.close()
            return
        self.pairs[near], self.pairs[far] = far, near

    def _forward(self, one):
        other = self.pairs[one]
        try:
            data = one.recv(65536)
            if data:
                other.sendall(data)
                return
        except OSError:
            pass
        for end in (one, other):
            self.pairs.pop(end, None)
            end.close()


def socket_of(cluster):
    return f"{cluster.folder}/.s.PGSQL.{cluster.port}"
