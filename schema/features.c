#include "schema/features.h"

enum { VERSION_15 = 150000, VERSION_18 = 180000 };

static const char *lacking_in_column(Arena *arena, const CatalogColumn *column, int version)
{
    if (version >= VERSION_18)
        return NULL;
    if (column->generated == 'v')
        return arena_printf(arena, "column %s is a virtual generated column", column->name);
    if (column->not_null && column->not_null_alone)
        return arena_printf(arena, "NOT NULL of column %s is NO INHERIT", column->name);
    if (column->not_null && !column->not_null_valid)
        return arena_printf(arena, "NOT NULL of column %s is NOT VALID", column->name);
    return NULL;
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);

    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static const char *lacking_in_constraint(Arena *arena, const CatalogConstraint *constraint,
                                         int version)
{
    if (version >= VERSION_18)
        return NULL;
    if (ends_with(constraint->definition, " NOT ENFORCED"))
        return arena_printf(arena, "constraint %s is NOT ENFORCED", constraint->name);
    /* in a foreign key's definition there is no text but names */
    if (constraint->type == 'f' && strstr(constraint->definition, ", PERIOD "))
        return arena_printf(arena, "constraint %s is of periods", constraint->name);
    return NULL;
}

static const char *lacking_in_key(Arena *arena, const CatalogIndex *index, int version)
{
    static const char NULLS[] = "UNIQUE NULLS NOT DISTINCT";

    if (!index->constraint_name)
        return NULL;
    if (version < VERSION_18 && index->unique &&
        strstr(index->constraint_definition, " WITHOUT OVERLAPS)"))
        return arena_printf(arena, "constraint %s is WITHOUT OVERLAPS", index->constraint_name);
    if (version < VERSION_15 && strncmp(index->constraint_definition, NULLS, sizeof NULLS - 1) == 0)
        return arena_printf(arena, "constraint %s is NULLS NOT DISTINCT", index->constraint_name);
    return NULL;
}

const char *features_lacking(Arena *arena, const CatalogTable *table, int server_version)
{
    const char *what = NULL;

    for (size_t i = 0; i < table->column_count && !what; i++)
        what = lacking_in_column(arena, &table->columns[i], server_version);
    for (size_t i = 0; i < table->index_count && !what; i++)
        what = lacking_in_key(arena, &table->indexes[i], server_version);
    for (size_t i = 0; i < table->constraint_count && !what; i++)
        what = lacking_in_constraint(arena, &table->constraints[i], server_version);
    return what;
}
