/* publish_sql - the statement that applies one staged row, and what it binds. Pure. */
#pragma once

#include "common/arena.h"
#include "simulator/stage.h"
#include "simulator/table_def.h"

#define NOT_STAGED SIZE_MAX

typedef struct PublishSql {
    const char *text;
    size_t key_at; /* parameters from 1: the key's; 0: none. Those of columns follow in order */
    size_t sequence_at;
    size_t delete_at;
    size_t version_at;
    size_t columns_at;
    size_t *staged; /* per column: which staged cell, or NOT_STAGED for `defaults` */
    Cell *defaults;
    size_t sequence_staged;
    size_t delete_staged;
} PublishSql;

/*
 * Unique: the newer row replaces, unless its sequence is below the stored one's. A partial update
 * leaves the columns that were not sent, those of a tombstone become defaults.
 */
void publish_sql_make(const TableDef *def, const StageHeader *header, Arena *arena,
                      PublishSql *out);
