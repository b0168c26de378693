#include "capture/relation_cache.h"

#include "common/mem.h"
#include "common/names.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Keys are numbers; uthash's own function does not compile under clang with our warnings. */
#define HASH_FUNCTION(key, length, hash) ((hash) = *(key)*2654435761u)
#include <uthash.h>

typedef struct Entry {
    CachedRelation cached;
    const Walferry__Model__ModelTable *table; /* NULL: not in the model */
    bool announced;
    char name[256]; /* as the server says it, for messages */
    UT_hash_handle hh;
} Entry;

struct RelationCache {
    Arena arena;
    Entry *by_oid;
    Entry *last; /* rows of one table come one after the other */
    uint32_t slots;
};

/* Only what differs travels. */
static Str name_there(const char *there, const char *here)
{
    return there[0] && strcmp(there, here) != 0 ? str_of(there) : (Str){0};
}

/* Generated columns are not published, or left out where PostgreSQL 18 insists on sending them. */
static uint32_t published_columns(const Walferry__Model__ModelTable *table, Column *out)
{
    uint32_t count = 0;

    for (size_t i = 0; i < table->n_columns; i++) {
        const Walferry__Model__ModelColumn *column = table->columns[i];

        if (column->generated)
            continue;
        if (out)
            out[count] = (Column){.attnum = column->attnum,
                                  .name = str_of(column->name),
                                  .type_oid = column->type_oid,
                                  .type_modifier = column->type_modifier,
                                  .key = column->key,
                                  .to = name_there(column->to, column->name),
                                  .skip = column->skip};
        count++;
    }
    return count;
}

static Entry *add_entry(RelationCache *cache, uint32_t oid)
{
    Entry *entry = ARENA_NEW(&cache->arena, Entry);

    entry->cached.relation.oid = oid;
    entry->cached.slot = cache->slots++;
    HASH_ADD(hh, cache->by_oid, cached.relation.oid, sizeof oid, entry);
    return entry;
}

static Entry *entry_of(const RelationCache *cache, uint32_t oid)
{
    Entry *entry;

    HASH_FIND(hh, cache->by_oid, &oid, sizeof oid, entry);
    return entry;
}

static void add_table(RelationCache *cache, const Walferry__Model__ModelTable *table)
{
    Entry *entry = add_entry(cache, table->oid);
    Relation *relation = &entry->cached.relation;

    entry->table = table;
    relation->schema = str_of(table->schema);
    relation->table = str_of(table->name);
    relation->lane_by_key = table->lane_by_key;
    relation->full_identity = table->full_identity;
    relation->to_schema = name_there(table->to_schema, table->schema);
    relation->to_table = name_there(table->to_name, table->name);
    relation->left_out = table->left_out;
    relation->column_count = published_columns(table, NULL);
    relation->columns = ARENA_ARRAY(&cache->arena, Column, relation->column_count);
    published_columns(table, relation->columns);
}

void relation_cache_open(RelationCache **out, const Walferry__Model__Model *model,
                         Walferry__Model__TableGate *const *gates, size_t gate_count)
{
    RelationCache *cache = MEM_NEW(RelationCache);

    for (size_t i = 0; i < model->n_tables; i++)
        add_table(cache, model->tables[i]);
    for (size_t i = 0; i < gate_count; i++) {
        Entry *entry = entry_of(cache, gates[i]->relation_oid);

        if (entry && gates[i]->snapshot)
            entry->cached.gate = gates[i];
    }
    *out = cache;
}

static void forget_drift(Entry *entry)
{
    free(entry->cached.drift);
    entry->cached.drift = NULL;
}

void relation_cache_close(RelationCache **cache)
{
    Entry *entry, *next;

    if (!*cache)
        return;
    HASH_ITER(hh, (*cache)->by_oid, entry, next)
    {
        forget_drift(entry);
    }
    HASH_CLEAR(hh, (*cache)->by_oid);
    arena_done(&(*cache)->arena);
    free(*cache);
    *cache = NULL;
}

void relation_cache_forget(RelationCache *cache)
{
    for (Entry *entry = cache->by_oid; entry; entry = entry->hh.next)
        entry->announced = false;
    cache->last = NULL;
}

static char *name_drift(const Relation *known, const PgoutputRelation *said)
{
    if (str_equal(known->schema, said->schema) && str_equal(known->table, said->table))
        return NULL;
    return mem_printf("it is called %.*s.%.*s now", STR_ARGS(said->schema), STR_ARGS(said->table));
}

static char *column_drift(const Relation *known, const PgoutputRelation *said)
{
    for (uint32_t i = 0; i < known->column_count && i < said->count; i++) {
        const Column *column = &known->columns[i];
        const PgoutputAttribute *attribute = &said->attributes[i];

        if (!str_equal(column->name, attribute->name))
            return mem_printf("column %u is %.*s, not %.*s", i + 1, STR_ARGS(attribute->name),
                              STR_ARGS(column->name));
        if (column->type_oid != attribute->type_oid ||
            column->type_modifier != attribute->type_modifier)
            return mem_printf("column %.*s has another type", STR_ARGS(column->name));
    }
    if (known->column_count < said->count)
        return mem_printf("column %.*s is new",
                          STR_ARGS(said->attributes[known->column_count].name));
    if (known->column_count > said->count)
        return mem_printf("column %.*s is gone", STR_ARGS(known->columns[said->count].name));
    return NULL;
}

/* With a full identity the server marks every column. */
static char *identity_drift(const Relation *known, const PgoutputRelation *said)
{
    if (known->full_identity != (said->identity == 'f'))
        return mem_printf("its replica identity is %sFULL now", known->full_identity ? "not " : "");
    for (uint32_t i = 0; !known->full_identity && i < known->column_count; i++) {
        if (known->columns[i].key && !said->attributes[i].identity)
            return mem_printf("its replica identity does not hold column %.*s any more",
                              STR_ARGS(known->columns[i].name));
    }
    return NULL;
}

static char *drift_between(const Relation *known, const PgoutputRelation *said)
{
    char *drift = name_drift(known, said);

    if (!drift)
        drift = column_drift(known, said);
    return drift ? drift : identity_drift(known, said);
}

static bool is_heartbeat(const PgoutputRelation *said)
{
    static const Str schema = STR(WALFERRY_SCHEMA), table = STR("heartbeat");

    return str_equal(said->schema, schema) && str_equal(said->table, table);
}

static bool is_generated(const Walferry__Model__ModelTable *table, Str name)
{
    for (size_t i = 0; table && i < table->n_columns; i++) {
        if (table->columns[i]->generated && str_equal(str_of(table->columns[i]->name), name))
            return true;
    }
    return false;
}

/* Takes the generated columns out of what the server says, and notes where they stand. */
static void leave_out_generated(RelationCache *cache, Entry *entry, PgoutputRelation *said)
{
    uint32_t kept = 0;

    entry->cached.left_out = NULL; /* a table is announced anew at each start and change only */
    entry->cached.sent_columns = said->count;
    for (uint32_t i = 0; i < said->count; i++) {
        if (!is_generated(entry->table, said->attributes[i].name)) {
            said->attributes[kept++] = said->attributes[i];
            continue;
        }
        if (!entry->cached.left_out)
            entry->cached.left_out = ARENA_ARRAY(&cache->arena, bool, said->count);
        entry->cached.left_out[i] = true;
    }
    said->count = kept;
}

void relation_cache_replace(RelationCache *cache, const PgoutputRelation *message)
{
    Entry *entry = entry_of(cache, message->oid);
    PgoutputRelation said = *message;

    if (!entry)
        entry = add_entry(cache, message->oid);
    forget_drift(entry);
    entry->announced = true;
    leave_out_generated(cache, entry, &said);
    entry->cached.heartbeat = is_heartbeat(message);
    snprintf(entry->name, sizeof entry->name, "%.*s.%.*s", STR_ARGS(message->schema),
             STR_ARGS(message->table));
    if (entry->table)
        entry->cached.drift = drift_between(&entry->cached.relation, &said);
    else if (!entry->cached.heartbeat)
        entry->cached.drift = mem_strdup("it is not a table of this task");
}

static bool refuse(const Entry *entry, Error *err)
{
    const Relation *known = &entry->cached.relation;

    if (entry->table) {
        error_set(err, ERROR_DATA, "the table is not what it was (drift): %s", entry->cached.drift);
        error_object(err, "%.*s.%.*s", STR_ARGS(known->schema), STR_ARGS(known->table));
        return error_hint(err, "DDL is not carried over yet: undo the change, or release the task "
                               "and start it anew");
    }
    error_set(err, ERROR_DATA, "the publication has a table that we do not know (drift): %s",
              entry->cached.drift);
    error_object(err, "%s", entry->name);
    return error_hint(err, "take it out of the publication, or release the task and start it anew");
}

bool relation_cache_find(RelationCache *cache, uint32_t oid, const CachedRelation **out, Error *err)
{
    Entry *entry = cache->last;

    if (!entry || entry->cached.relation.oid != oid)
        entry = entry_of(cache, oid);
    if (!entry || !entry->announced)
        return error_set(err, ERROR_PROTOCOL,
                         "pgoutput: a row of table %u, which was not announced", oid);
    if (entry->cached.drift)
        return refuse(entry, err);
    cache->last = entry;
    *out = &entry->cached;
    return true;
}

uint32_t relation_cache_slots(const RelationCache *cache)
{
    return cache->slots;
}
