#include "simulator/error_log.h"

#include "common/mem.h"
#include "simulator/tables_internal.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct ErrorLog {
    char *directory;
    char name[64];
    FILE *file;
    char *first;
};

ErrorLog *error_log_new(const char *directory, int64_t txn)
{
    ErrorLog *log = MEM_NEW(ErrorLog);

    log->directory = mem_strdup(directory);
    snprintf(log->name, sizeof log->name, "__shard_0/error_log_insert_stmt_%" PRIx64, txn);
    return log;
}

static bool make_file(ErrorLog *log, Error *err)
{
    CLEANUP(mem_free)
    char *path = mem_printf("%s/error_log/%s", log->directory, strchr(log->name, '/') + 1);

    log->file = fopen(path, "we");
    return log->file || error_set(err, ERROR_TRANSIENT, "%s: %s", path, strerror(errno));
}

bool error_log_add(ErrorLog *log, const char *reason, Str source, Error *err)
{
    if (!log->file && !make_file(log, err))
        return false;
    if (!log->first)
        log->first = mem_printf("%s. src line [%.*s]; ", reason, STR_ARGS(source));
    fprintf(log->file, "Reason: %s. src line [%.*s]; \n", reason, STR_ARGS(source));
    fflush(log->file);
    return true;
}

const char *error_log_name(const ErrorLog *log)
{
    return log->file ? log->name : "";
}

const char *error_log_first(const ErrorLog *log)
{
    return log->first ? log->first : "";
}

void error_log_free(ErrorLog **log)
{
    if (!*log)
        return;
    if ((*log)->file)
        fclose((*log)->file);
    free((*log)->first);
    free((*log)->directory);
    free(*log);
    *log = NULL;
}

bool tables_error_log_path(const Tables *tables, const char *file, char *out, size_t size)
{
    static const char PREFIX[] = "__shard_0/", STEM[] = "error_log_insert_stmt_";
    const char *name = file + sizeof PREFIX - 1;

    if (strncmp(file, PREFIX, sizeof PREFIX - 1) != 0 || strncmp(name, STEM, sizeof STEM - 1) != 0)
        return false;
    for (const char *at = name + sizeof STEM - 1; *at; at++)
        if (!isxdigit((unsigned char)*at))
            return false;
    return snprintf(out, size, "%s/error_log/%s", tables->directory, name) < (int)size;
}
