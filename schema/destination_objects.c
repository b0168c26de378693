#include "schema/destination_objects.h"

#include "common/sql_text.h"
#include "schema/created.h"
#include "schema/objects.h"

/* Those of the catalog's objects that are no tables. */
typedef struct Asked {
    const CatalogObject **objects;
    const char **names;       /* as they are noted */
    const char **definitions; /* as the destination has them */
    bool *ours;
    size_t count;
} Asked;

static Asked list_asked(Arena *arena, const Catalog *catalog)
{
    size_t most = catalog->object_count;
    Asked out = {ARENA_ARRAY(arena, const CatalogObject *, most),
                 ARENA_ARRAY(arena, const char *, most), ARENA_ARRAY(arena, const char *, most),
                 ARENA_ARRAY(arena, bool, most), 0};

    for (size_t i = 0; i < most; i++) {
        const CatalogObject *object = &catalog->objects[i];

        if (object->selected || !object->definition)
            continue;
        out.objects[out.count] = object;
        out.names[out.count++] = object->object;
    }
    return out;
}

static bool refuse_other(const CatalogObject *object, const char *there, Error *err)
{
    error_set(err, ERROR_CONFIG, "the destination has another one: %.400s", there);
    error_object(err, "%s", object->object);
    return error_hint(err, "drop it there, or make it as the source's: %.300s", object->definition);
}

bool destination_find_objects(Pg *pg, const TaskFile *task, const Catalog *catalog, Arena *arena,
                              bool *there, Error *err)
{
    Asked asked = list_asked(arena, catalog);

    if (!created_find(pg, task, asked.names, asked.count, asked.ours, err) ||
        !objects_define_existing(pg, arena, asked.objects, asked.count, asked.definitions, err))
        return false;
    for (size_t i = 0; i < asked.count; i++) {
        const CatalogObject *object = asked.objects[i];
        const char *definition = asked.definitions[i];

        there[object - catalog->objects] = definition != NULL;
        if (definition && !asked.ours[i] && strcmp(definition, object->definition) != 0)
            return refuse_other(object, definition, err);
    }
    return true;
}

static bool say_what_to_do(const CatalogObject *object, Error *err)
{
    error_wrap(err, "make it, which %s needs", object->needed_by);
    error_object(err, "%s", object->object);
    err->hint[0] = '\0'; /* the server's: less than ours */
    if (strcmp(object->kind, "extension") == 0)
        return error_hint(err,
                          "install its package at the destination's server, let a role that may "
                          "run there: %.200s",
                          object->definition);
    return error_hint(err, "make it at the destination yourself: %.300s", object->definition);
}

bool destination_make_object(Pg *pg, const TaskFile *task, const CatalogObject *object, Error *err)
{
    CLEANUP(bytes_done) Bytes sql = {0};

    sql_add(&sql, "%s", object->definition);
    if (object->comments)
        sql_add(&sql, "; %s", object->comments);
    created_note(&sql, task, object->object);
    return pg_exec(pg, sql_text(&sql), NULL, err) || say_what_to_do(object, err);
}
