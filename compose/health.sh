#!/bin/sh
# walferry-health [ROLE TASK]: does the supervisor answer, and has this container's stage its place?
# Asked is the supervisor: it alone knows.
set -eu
status=$(walferry --supervisor "ipc://$WALFERRY_STATE_DIR/control.sock" status ${2:+"$2"})
if [ $# -gt 0 ]; then
    printf '%s\n' "$status" | grep -Eq "^ +$1 [0-9]+ +[0-9]+@$(hostname) +running "
fi
