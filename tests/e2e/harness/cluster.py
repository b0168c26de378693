"""A private PostgreSQL server in a temporary folder.

Servers end with the process that started them (its thread, to be exact: start them from the main
one), and never touch a server of the user. As root they run as the user postgres.
"""

import glob
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile

import psycopg2

from .waiting import wait_until

SETTINGS = {
    "wal_level": "logical",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "'64MB'",
    "max_connections": "100",
    "max_wal_senders": "20",
    "max_replication_slots": "20",
    "max_logical_replication_workers": "8",
    "max_prepared_transactions": "10",
    "max_wal_size": "'4GB'",
    "track_commit_timestamp": "on",
    "log_line_prefix": "'%m [%p] %q%a '",
    "timezone": "'UTC'",
}


def cache_dir():
    if os.geteuid() == 0:
        return "/var/cache/walferry"
    return os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "walferry")


def find_servers():
    """{15: folder of its programs, ...} of all versions to be had here."""
    folders = glob.glob("/usr/lib/postgresql/*/bin")
    folders += glob.glob(os.path.join(cache_dir(), "postgresql-*", "bin"))
    found = {}
    for folder in sorted(folders):
        version = re.search(r"postgresql[-/](\d+)", folder)
        if version and os.access(os.path.join(folder, "postgres"), os.X_OK):
            found.setdefault(int(version.group(1)), folder)
    return found


def client_program(name):
    """psql, pgbench and so on: the npm packages hold servers only."""
    for folder in [f for _, f in sorted(find_servers().items())]:
        path = os.path.join(folder, name)
        if os.access(path, os.X_OK):
            return path
    raise FileNotFoundError(name)


def server_user():
    """The servers refuse to run as root."""
    return pwd.getpwnam("postgres") if os.geteuid() == 0 else None


def as_server_user(argv):
    """setpriv also ties the server's life to ours."""
    user = server_user()
    switch = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--init-groups"] if user else []
    return ["setpriv", "--pdeathsig", "INT", *switch, *argv]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cluster:
    _templates = {}

    def __init__(self, version=15, settings=None, port=None, own_identity=False,
                 own_data=None):
        """own_identity: a system identifier of its own, for which initdb takes a second.
        own_data: a stopped server's folder to begin with a copy of."""
        self.version = version
        self.bindir = find_servers()[version]
        self.port = port or free_port()
        self.process = None
        self.folder = self._new_folder()
        self.data = os.path.join(self.folder, "data")
        self.log = os.path.join(self.folder, "log")
        if own_identity:
            self._initdb(self.data)
        elif own_data:
            subprocess.run(["cp", "-a", own_data, self.data], check=True, timeout=60)
        else:
            self._copy_template()
        self.configure(**{**({} if own_data else SETTINGS), **(settings or {})})

    def __enter__(self):
        if not self.process:
            self.start()
        return self

    def __exit__(self, *_):
        self.remove()

    @staticmethod
    def _new_folder():
        folder = tempfile.mkdtemp(prefix="wf-", dir="/tmp")
        if server_user():
            os.chown(folder, server_user().pw_uid, server_user().pw_gid)
        os.chmod(folder, 0o755)
        return folder

    def _copy_template(self):
        """initdb takes a second or two, a copy of its work does not."""
        if self.bindir not in Cluster._templates:
            data = os.path.join(self._new_folder(), "template")
            self._initdb(data)
            Cluster._templates[self.bindir] = data
        subprocess.run(["cp", "-a", Cluster._templates[self.bindir], self.data], check=True,
                       timeout=60)

    def _initdb(self, data):
        subprocess.run(as_server_user([os.path.join(self.bindir, "initdb"), "-D", data, "-U",
                                       "postgres", "-A", "trust", "-E", "UTF8", "--locale=C",
                                       "--no-sync"]),
                       check=True, capture_output=True, timeout=120, cwd="/")

    @classmethod
    def remove_templates(cls):
        for data in cls._templates.values():
            shutil.rmtree(os.path.dirname(data), ignore_errors=True)
        cls._templates.clear()

    def configure(self, **settings):
        """Later lines win; they count from the next start or reload."""
        with open(os.path.join(self.data, "postgresql.conf"), "a") as conf:
            for name, value in settings.items():
                conf.write(f"{name} = {value}\n")

    def start(self, wait=60):
        command = [os.path.join(self.bindir, "postgres"), "-D", self.data, "-p", str(self.port),
                   "-k", self.folder, "-c", "listen_addresses=127.0.0.1"]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(as_server_user(command), stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, cwd="/",
                                            start_new_session=True)
        if wait:
            wait_until(self.answers, wait, lambda: f"server {self.version}: {self.log_tail()}")
        return self

    def answers(self):
        assert self.process.poll() is None, f"server did not start: {self.log_tail()}"
        try:
            self.connect().close()
        except psycopg2.OperationalError:
            return False
        return True

    def stop(self, mode="fast", wait=60):
        """mode: smart, fast, or immediate (a crash: recovery follows)."""
        if not self.process:
            return
        number = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}[mode]
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            self.process.wait(wait)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(10)
        self.process = None

    def crash(self):
        self.stop("immediate")

    def restart(self, mode="fast"):
        self.stop(mode)
        self.start()

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def remove(self):
        self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def save(self):
        """A copy of the stopped server's data, for put_back()."""
        copy = os.path.join(self.folder, "saved")
        subprocess.run(["rm", "-rf", copy], check=True)
        subprocess.run(["cp", "-a", self.data, copy], check=True, timeout=60)

    def put_back(self):
        subprocess.run(["rm", "-rf", self.data], check=True)
        subprocess.run(["cp", "-a", os.path.join(self.folder, "saved"), self.data], check=True,
                       timeout=60)

    def log_tail(self, lines=20):
        try:
            with open(self.log, errors="replace") as log:
                return "".join(log.readlines()[-lines:])
        except FileNotFoundError:
            return ""

    def conninfo(self, database="postgres", user="postgres", host=None):
        return f"host={host or self.folder} port={self.port} dbname={database} user={user}"

    def connect(self, database="postgres", user="postgres", **more):
        return psycopg2.connect(self.conninfo(database, user), connect_timeout=10, **more)

    def sql(self, statement, arguments=None, database="postgres", user="postgres"):
        """Runs it outside of a transaction block; gives the rows, if there are any."""
        connection = self.connect(database, user)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement, arguments)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def value(self, statement, arguments=None, database="postgres"):
        return self.sql(statement, arguments, database)[0][0]

    def create_database(self, name, encoding="UTF8"):
        """Anew, also when somebody is still connected to the old one."""
        self.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self.sql(f'CREATE DATABASE "{name}" ENCODING {encoding} TEMPLATE template0')

    def drop_slots(self):
        """For the end of a test that left some."""
        self.sql("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active")
        wait_until(lambda: not self.sql("SELECT 1 FROM pg_replication_slots WHERE active"), 10,
                   "slots are free")
        self.sql("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots")

    def pgbench(self, *arguments, database="postgres", background=False):
        command = [client_program("pgbench"), "-h", self.folder, "-p", str(self.port), "-U",
                   "postgres", *arguments, database]
        if background:
            return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                    text=True)
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)
