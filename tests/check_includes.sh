#!/usr/bin/env bash
# The rules about who may include whom, and functions that are not used here: a line per violation.
set -u
cd "${1:-.}" || exit 2
status=0

# forbid WHAT PATTERN ALLOWED FILES...: the pattern may stand in no C file of the list but those
# whose path matches ALLOWED.
forbid() {
    local what=$1 pattern=$2 allowed=$3 found
    shift 3
    found=$(git ls-files --cached --others --exclude-standard -- "$@" | grep -E '\.[ch]$' |
        grep -vE "^($allowed)\$" | xargs -r grep -nE "$pattern" /dev/null)
    [ -z "$found" ] && return
    printf '%s:\n%s\n' "$what" "$found"
    status=1
}

none='-'

# Third-party libraries: one or few files each, and no header of ours.
forbid 'libpq outside its files' '#include <(libpq-fe|libpq/.*|pg_config.*)\.h>' \
    'common/pg\.c|capture/(replication|table_copy)\.c|loader/(sink_postgres[a-z_]*|chunk_writer_postgres)\.c|schema/index_build[a-z]*\.c|supervisor/snapshot_holder\.c' .
forbid 'libcurl outside common/http*.c' '#include <curl' 'common/http(_request)?\.c' .
forbid 'ZeroMQ outside common/channel.c' '#include <zmq' 'common/channel\.c' .
forbid 'SQLite outside store/ and simulator/' '#include <sqlite3' '(store|simulator)/[a-z_]*\.c' .
forbid 'libmicrohttpd outside simulator/http.c' '#include <microhttpd' 'simulator/http\.c' .
forbid 'libconfig outside its files' '#include <libconfig' 'common/(config_syntax|settings_reader)\.c' .
forbid 'change.pb-c.h outside common/codec_*.c' '#include ["<]change\.pb-c\.h' \
    'common/codec[a-z_]*\.c|tests/(unit|fuzz|support)/.*' .
forbid 'a third-party type in a header' '#include <(libpq|zmq|sqlite3|libconfig|jansson|curl|pcre2|microhttpd)' \
    "$none" '*.h'

# The parts of the program: downwards only.
parts='catalog|capture|transform|loader|schema|store|supervisor|cli|simulator'
others() {
    printf '%s' "$parts" | tr '|' '\n' | grep -vxE "$1" | paste -sd '|'
}
forbid 'common/ includes a program' "#include \"($parts)/" "$none" 'common/*'
for part in capture transform loader simulator store catalog; do
    forbid "$part/ includes another part" "#include \"($(others "$part|catalog"))/" "$none" "$part/*"
done
# What the simulator knows of CSV, labels, types and replies is its own, so that one misunderstanding
# does not sit on both sides.
forbid 'simulator/ shares more than the base with the loader' \
    '#include "((common/(doris|selectdb|http|change|codec|control|names|sql_text|position|utf8))|catalog/|proto/)' \
    "$none" 'simulator/*'
forbid 'schema/ includes another part' "#include \"($(others 'schema|catalog'))/" "$none" 'schema/*'
forbid 'supervisor/ includes another part' "#include \"($(others 'supervisor|store'))/" "$none" 'supervisor/*'
forbid 'cli/ includes another part' "#include \"($(others 'cli|store|schema|catalog'))/" "$none" 'cli/*'

# Pure cores: no I/O, no log, no clock of their own.
forbid 'transform/ speaks to a database' '#include "common/pg\.h"' "$none" 'transform/*'

# Functions with no bound, and marks of work left undone.
forbid 'a function that is not used here' \
    '\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|gets|strncpy)\(' "$none" .
forbid 'a // comment' '^[^"]*([[:space:]]|^)//[[:space:]]' "$none" .
marks=$(git ls-files --cached --others --exclude-standard -- '*.c' '*.h' '*.py' '*.sql' '*.proto' |
    xargs -r grep -nE '\b(TO''DO|FIX''ME|X''XX|HA''CK)\b' /dev/null)
[ -n "$marks" ] && { printf 'work left undone:\n%s\n' "$marks"; status=1; }

exit $status
