"""A small HTTP client of SelectDB, real or simulated, which shares nothing with walferry's."""

import base64
import http.client
import json
import os
import ssl
import time
import urllib.parse

# What names a real cluster; the tests that can then run against it do.
REAL = {"fe": "WALFERRY_SELECTDB_FE", "user": "WALFERRY_SELECTDB_USER",
        "password": "WALFERRY_SELECTDB_PASSWORD", "compute_group": "WALFERRY_SELECTDB_COMPUTE_GROUP",
        "redirect": "WALFERRY_SELECTDB_REDIRECT", "ca_file": "WALFERRY_SELECTDB_CA_FILE"}


class SqlError(Exception):
    """What SelectDB answered instead of a result."""


class Reply:
    def __init__(self, response, body):
        self.status = response.status
        self.headers = response.headers
        self.text = body.decode(errors="replace")

    def json(self):
        """Numbers stay the text that they came as: nothing is rounded here."""
        return json.loads(self.text, parse_float=str)


def quoted(*names):
    return ".".join("`" + name.replace("`", "``") + "`" for name in names)


def csv_line(values):
    """The dialect of the reference, 1.6; None is NULL."""
    def field(value):
        if value is None:
            return "\\N"
        return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
    return ",".join(map(field, values)) + "\n"


CSV_HEADERS = {"format": "csv", "column_separator": ",", "enclose": '"', "escape": "\\",
               "trim_double_quotes": "true", "strict_mode": "true", "max_filter_ratio": "0"}


class SelectDb:
    """fe: host:port. redirect: the host:port to go to instead of what the FE names."""

    def __init__(self, fe, user="root", password="", compute_group="", redirect="", ca_file=""):
        self.fe, self.user, self.password = fe, user, password
        self.compute_group, self.redirect, self.ca_file = compute_group, redirect, ca_file

    @classmethod
    def real(cls):
        """The cluster that the environment names, or None."""
        named = {key: os.environ[name] for key, name in REAL.items() if os.environ.get(name)}
        return cls(**named) if "fe" in named else None

    # Requests.

    def url(self):
        return f"{'https' if self.ca_file else 'http'}://{self.fe}"

    def _connect(self, address, timeout):
        host, port = address.rsplit(":", 1)
        if self.ca_file:
            context = ssl.create_default_context(cafile=self.ca_file)
            return http.client.HTTPSConnection(host, int(port), timeout=timeout, context=context)
        return http.client.HTTPConnection(host, int(port), timeout=timeout)

    def authorization(self, user=None, password=None):
        both = f"{self.user if user is None else user}:{self.password if password is None else password}"
        return {"Authorization": "Basic " + base64.b64encode(both.encode()).decode()}

    def request(self, method, path, body=None, headers=None, address=None, timeout=60, login=True):
        """headers: besides those of the login; no redirect is followed."""
        connection = self._connect(address or self.fe, timeout)
        try:
            connection.request(method, path, body,
                               {**(self.authorization() if login else {}), **(headers or {})})
            response = connection.getresponse()
            return Reply(response, response.read())
        finally:
            connection.close()

    # SQL.

    def sql_reply(self, statement, database="", **more):
        path = "/api/query/internal" + (f"/{urllib.parse.quote(database)}" if database else "/information_schema")
        return self.request("POST", path, json.dumps({"stmt": statement}),
                            {"Content-Type": "application/json"}, **more)

    def sql(self, statement, database="", seconds=30):
        """Rows of text; None is NULL. The pool of two threads is waited for."""
        deadline = time.monotonic() + seconds
        while True:
            answer = self.sql_reply(statement, database).json()
            if answer["code"] == 500 and time.monotonic() < deadline:
                time.sleep(0.05)
                continue
            if answer["code"] != 0:
                raise SqlError(f"{statement}: {answer['code']}: {answer['data']}")
            return [[value if value is None or isinstance(value, str) else json.dumps(value)
                     for value in row] for row in answer["data"].get("data", [])]

    def value(self, statement, database=""):
        return self.sql(statement, database)[0][0]

    def count(self, table, where="", database="shop"):
        condition = f" WHERE {where}" if where else ""
        return int(self.value(f"SELECT count(*) FROM {quoted(table)}{condition}", database))

    def create_database(self, name="shop"):
        self.sql(f"CREATE DATABASE IF NOT EXISTS {quoted(name)}")

    def schema(self, table, database="shop"):
        """`data` of _schema, or None when there is no such table."""
        answer = self.request("GET", f"/api/{database}/{table}/_schema").json()
        return answer["data"] if answer["code"] == 0 else None

    def tables(self, database="shop"):
        return sorted(row[0] for row in self.sql("SHOW TABLES", database))

    def columns(self, table, database="shop"):
        return [column["name"] for column in self.schema(table, database)["properties"]
                if not column["name"].startswith("__DORIS_")]

    # Stream Load.

    def label_state(self, label, database="shop"):
        answer = self.request("GET", f"/api/{database}/get_load_state?label={label}").json()
        return answer["data"] if answer["code"] == 0 else f"{answer['code']}: {answer['data']}"

    def _load_headers(self, headers):
        group = {"cloud_cluster": self.compute_group} if self.compute_group else {}
        return {"Expect": "100-continue", **group, **headers}

    def resolve(self, table, headers, database="shop"):
        """The FE's reply to the first hop, which carries no row."""
        return self.request("PUT", f"/api/{database}/{table}/_stream_load", b"",
                            self._load_headers(headers))

    def backend(self, table, database="shop"):
        """host:port that the FE sends a load of this table to."""
        location = self.resolve(table, {"label": f"probe_{time.monotonic_ns()}"}, database).headers["Location"]
        return self.redirect or urllib.parse.urlsplit(location).netloc.rpartition("@")[2]

    def put(self, table, body, headers, address, database="shop", timeout=60):
        """The second hop. An early reply may meet us while we still send."""
        connection = self._connect(address, timeout)
        try:
            try:
                connection.request("PUT", f"/api/{database}/{table}/_stream_load", body,
                                   {**self.authorization(), **self._load_headers(headers)})
            except (BrokenPipeError, ConnectionResetError):
                pass
            response = connection.getresponse()
            return Reply(response, response.read())
        finally:
            connection.close()

    def load(self, table, body, database="shop", **headers):
        """Both hops; gives the BE's JSON. A header's name may hold _ only where it does there."""
        headers = {name: str(value) for name, value in headers.items()}
        reply = self.resolve(table, headers, database)
        if reply.status != 307:
            return reply.json()
        location = urllib.parse.urlsplit(reply.headers["Location"])
        body = body.encode() if isinstance(body, str) else body
        return self.put(table, body, headers, self.redirect or location.netloc.rpartition("@")[2],
                        database).json()

    def load_rows(self, table, columns, rows, database="shop", **headers):
        return self.load(table, "".join(map(csv_line, rows)), database,
                         **{**CSV_HEADERS, "columns": ",".join(map(quoted, columns)), **headers})

    # What a task is told.

    def destination(self, password_file="", database="shop", **more):
        """The task file's group."""
        group = {"type": "selectdb", "urls": [self.url()], "database": database, "user": self.user,
                 "reservoir_timeout_ms": 1000}
        for key, value in (("password_file", password_file), ("compute_group", self.compute_group),
                           ("ca_file", self.ca_file)):
            if value:
                group[key] = value
        return {**group, **more}
