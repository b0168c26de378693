#!/bin/sh
# Writes to the source with pgbench, and says every few seconds how far each side is.
set -u

rows() {
    PGPASSWORD=$(cat "/run/secrets/$1-password") \
        psql -qXAt -h "$1" -U walferry -c 'SELECT count(*) FROM pgbench_history' shop 2>/dev/null
}

write() {
    PGPASSWORD=$(cat /run/secrets/source-password) \
        pgbench -n -h source -U walferry -c 2 -R "${RATE:-50}" -T 86400 shop >/dev/null 2>&1
}

trap 'exit 0' TERM INT
while :; do write; sleep 1; done &
while :; do
    sleep 5 & wait $!
    printf 'load: %s transactions written at the source, %s have arrived at the destination\n' \
        "$(rows source || echo -)" "$(rows destination || echo -)"
done
