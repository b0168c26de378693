"""A streaming standby of a private server, made from a copy of its stopped data."""

import os
import shutil
import subprocess

from .cluster import Cluster, server_user
from .waiting import wait_until


def standby_of(primary, slot, **settings):
    """Starts both. The primary must be stopped, and have had a physical slot of that name."""
    standby = Cluster(primary.version, own_data=primary.data)
    for name in ("pg_replslot", "pg_wal/archive_status"):  # the primary's slots are not its own
        shutil.rmtree(os.path.join(standby.data, name), ignore_errors=True)
        os.mkdir(os.path.join(standby.data, name), 0o700)
        if server_user():
            os.chown(os.path.join(standby.data, name), server_user().pw_uid, server_user().pw_gid)
    subprocess.run(["touch", os.path.join(standby.data, "standby.signal")], check=True)
    standby.configure(primary_conninfo=f"'host={primary.folder} port={primary.port}"
                                       " user=postgres dbname=postgres'",
                      primary_slot_name=f"'{slot}'", hot_standby_feedback="on",
                      wal_receiver_status_interval="'1s'", wal_retrieve_retry_interval="'200ms'",
                      **settings)
    primary.start()
    standby.start()
    return standby


def promote(standby):
    standby.sql("SELECT pg_promote()")
    wait_until(lambda: not standby.value("SELECT pg_is_in_recovery()"), 60, "promoted")
