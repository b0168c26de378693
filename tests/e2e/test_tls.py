"""TLS to both ends: an authority of our own, certificates instead of passwords, names checked."""

import os
import shutil
import subprocess
import tempfile

import pytest

from conftest import VERSIONS, cluster_or_skip
from harness import differences
from harness.cluster import server_user

HBA = """local all postgres trust
hostssl all mover 127.0.0.1/32 cert clientcert=verify-full
"""


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=60)


def make_authority(folder, name):
    openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
            f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.crt")


def make_certificate(folder, authority, name, subject, alternative="DNS:unused"):
    openssl(folder, "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={subject}", "-keyout",
            f"{name}.key", "-out", f"{name}.csr")
    with open(os.path.join(folder, f"{name}.ext"), "w") as file:
        file.write(f"subjectAltName = {alternative}\n")
    openssl(folder, "x509", "-req", "-days", "2", "-in", f"{name}.csr", "-CA", f"{authority}.crt",
            "-CAkey", f"{authority}.key", "-CAcreateserial", "-extfile", f"{name}.ext", "-out",
            f"{name}.crt")
    os.chmod(os.path.join(folder, f"{name}.key"), 0o600)


@pytest.fixture(scope="module")
def certificates():
    if not shutil.which("openssl"):
        pytest.skip("no openssl on this machine")
    folder = tempfile.mkdtemp(prefix="wfc-", dir="/tmp")
    for authority in ("ca", "other"):
        make_authority(folder, authority)
    make_certificate(folder, "ca", "server", "server", "IP:127.0.0.1")
    make_certificate(folder, "ca", "mover", "mover")
    make_certificate(folder, "ca", "nobody", "nobody")
    yield folder
    shutil.rmtree(folder)


def give_to_server(cluster, certificates):
    for name in ("server.key", "server.crt", "ca.crt"):
        path = os.path.join(cluster.data, name)
        shutil.copy(os.path.join(certificates, name), path)
        os.chmod(path, 0o600)
        if server_user():
            os.chown(path, server_user().pw_uid, server_user().pw_gid)
    with open(os.path.join(cluster.data, "pg_hba.conf"), "w") as file:
        file.write(HBA)
    cluster.configure(ssl="on", ssl_ca_file="'ca.crt'")
    cluster.restart()


@pytest.fixture(scope="module", params=VERSIONS, ids=lambda v: f"pg{v}")
def secure(request, certificates):
    """(source, destination): they let nobody in but mover, and him by his certificate alone."""
    with cluster_or_skip(request.param) as left, cluster_or_skip(request.param) as right:
        for cluster in (left, right):
            give_to_server(cluster, certificates)
            cluster.sql("CREATE ROLE mover LOGIN SUPERUSER")
        yield left, right


def conninfo(cluster, folder, ca="ca", client="mover"):
    return (f"host=127.0.0.1 port={cluster.port} dbname=shop user=mover sslmode=verify-full "
            f"sslrootcert={folder}/{ca}.crt sslcert={folder}/{client}.crt "
            f"sslkey={folder}/{client}.key")


def task_of(secure, new_task, source, destination):
    task = new_task(*secure)
    task.source, task.destination = source, destination
    task.write(source={"heartbeat_ms": 100})
    return task


@pytest.fixture
def shop(secure, database):
    database(*secure)
    secure[0].sql("CREATE TABLE t (id int PRIMARY KEY, v text);"
                  "INSERT INTO t SELECT g, 'x' FROM generate_series(1, 1000) g", database="shop")
    return secure


def test_every_connection_is_encrypted_and_checked(shop, certificates, new_task):
    source, destination = shop
    task = task_of(shop, new_task, conninfo(source, certificates),
                   conninfo(destination, certificates))

    task.cli("check", task.file)
    task.run().wait_consistent()
    source.sql("UPDATE t SET v = 'y' WHERE id < 500; DELETE FROM t WHERE id > 900",
               database="shop")
    task.wait_caught_up()

    for cluster, stages in ((source, {"walferry_t_capture"}), (destination, {"walferry_t_loader_0"})):
        seen = cluster.sql("SELECT a.application_name, s.ssl, s.client_dn FROM pg_stat_ssl s "
                           "JOIN pg_stat_activity a USING (pid) WHERE a.usename = 'mover'")
        assert seen and all((tls, name) == (True, "/CN=mover") for _, tls, name in seen)
        assert stages <= {application for application, _, _ in seen}, seen
    assert differences(source.conninfo("shop"), destination.conninfo("shop")) == []
    task.cli("compare", "t")
    task.cli("release", "t")


CASES = {
    "a wrong authority": ({"ca": "other"}, ["certificate verify failed"]),
    "a missing authority": ({"ca": "missing"}, ["missing.crt"]),
    "somebody else's certificate": ({"client": "nobody"}, ["certificate authentication failed",
                                                           "mover"]),
}


@pytest.mark.parametrize("side", ["source", "destination"])
@pytest.mark.parametrize("wrong, words", CASES.values(), ids=CASES)
def test_what_is_wrong_is_one_clear_line(shop, certificates, new_task, wrong, words, side):
    ends = {"source": conninfo(shop[0], certificates),
            "destination": conninfo(shop[1], certificates)}
    ends[side] = conninfo(shop[side == "destination"], certificates, **wrong)
    task = task_of(shop, new_task, ends["source"], ends["destination"])

    checked = task.cli("check", task.file, check=False)
    run = task.run().wait_end()

    failed = [line for line in checked.stdout.splitlines() if line.startswith("FAIL")]
    assert checked.returncode == 1 and len(failed) == 1, checked.stdout
    assert f"{side}.connect" in failed[0] and all(word in failed[0] for word in words), failed
    assert run == 1
    said = [line for line in task.errors() if any(word in line for word in words)]
    assert len(said) == 1, task.log_text()
