#!/bin/sh
# A PostgreSQL server with one database, shop, owned by the user walferry, whose password is in
# $PASSWORD_FILE. With WALFERRY_SCALE pgbench's tables are made in it, so many times 100,000 rows.
set -eu
home=/var/lib/postgresql
data=$home/data

make_cluster() {
    rm -rf "$data.new"
    initdb -D "$data.new" --auth-local=trust --auth-host=scram-sha-256 >/dev/null
    printf 'host all all all scram-sha-256\n' >>"$data.new/pg_hba.conf"
    printf 'host replication all all scram-sha-256\n' >>"$data.new/pg_hba.conf"
    pg_ctl -D "$data.new" -o "-c listen_addresses=''" -w start >/dev/null
    psql -qX -v ON_ERROR_STOP=1 -v password="$(cat "$PASSWORD_FILE")" postgres <<'SQL'
CREATE ROLE walferry LOGIN REPLICATION PASSWORD :'password';
CREATE DATABASE shop OWNER walferry;
GRANT SET ON PARAMETER session_replication_role TO walferry;
SQL
    [ -z "${WALFERRY_SCALE:-}" ] || pgbench -i -q -s "$WALFERRY_SCALE" -U walferry shop
    pg_ctl -D "$data.new" -m fast -w stop >/dev/null
    mv "$data.new" "$data"
}

[ -e "$data" ] || make_cluster
exec postgres -D "$data" -c listen_addresses='*' -c wal_level=logical
