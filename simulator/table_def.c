#include "simulator/table_def.h"

#include "common/mem.h"

#include <stdlib.h>
#include <strings.h>

TableDef *table_def_new(void)
{
    return MEM_NEW(TableDef);
}

static const char *copy_text(Arena *arena, const char *text)
{
    return text ? arena_strdup(arena, text) : NULL;
}

static void copy_columns(TableDef *to, const TableDef *from)
{
    to->columns = ARENA_ARRAY(&to->arena, SimColumn, from->column_count + 1);
    for (size_t i = 0; i < from->column_count; i++) {
        SimColumn *column = &to->columns[i];

        *column = from->columns[i];
        column->name = copy_text(&to->arena, column->name);
        column->default_text = copy_text(&to->arena, column->default_text);
        column->comment = copy_text(&to->arena, column->comment);
    }
}

/* With room for one column more. */
TableDef *table_def_copy(const TableDef *def)
{
    TableDef *copy = table_def_new();

    *copy = *def;
    copy->references = 0;
    copy->arena = (Arena){0};
    copy->database = copy_text(&copy->arena, def->database);
    copy->name = copy_text(&copy->arena, def->name);
    copy->comment = copy_text(&copy->arena, def->comment);
    copy_columns(copy, def);
    copy->distribution = ARENA_ARRAY(&copy->arena, const char *, def->distribution_count);
    for (size_t i = 0; i < def->distribution_count; i++)
        copy->distribution[i] = copy_text(&copy->arena, def->distribution[i]);
    copy->properties = ARENA_ARRAY(&copy->arena, SimProperty, def->property_count);
    for (size_t i = 0; i < def->property_count; i++)
        copy->properties[i] = (SimProperty){copy_text(&copy->arena, def->properties[i].name),
                                            copy_text(&copy->arena, def->properties[i].value)};
    return copy;
}

void table_def_free(TableDef **def)
{
    if (!*def)
        return;
    arena_done(&(*def)->arena);
    free(*def);
    *def = NULL;
}

const SimColumn *table_def_column(const TableDef *def, const char *name)
{
    for (size_t i = 0; i < def->column_count; i++)
        if (strcasecmp(def->columns[i].name, name) == 0)
            return &def->columns[i];
    return NULL;
}

const SimColumn *table_def_column_of_uid(const TableDef *def, int uid)
{
    for (size_t i = 0; i < def->column_count; i++)
        if (def->columns[i].uid == uid)
            return &def->columns[i];
    return NULL;
}

const char *table_def_property(const TableDef *def, const char *name)
{
    for (size_t i = 0; i < def->property_count; i++)
        if (strcmp(def->properties[i].name, name) == 0)
            return def->properties[i].value;
    return NULL;
}

bool table_def_integer_key(const TableDef *def)
{
    return def->unique && def->key_count == 1 && !def->columns[0].nullable &&
           sim_type_is_integer(&def->columns[0].type);
}
