#include "schema/selectdb_grants.h"

#include <strings.h>

/* Does the list say so for the scope? A scope NULL takes all of it. */
static bool says(Str list, const char *privilege, const char *const *scopes)
{
    const char *at = list.data, *end = list.data + list.len;

    while (at < end) {
        const char *stop = memchr(at, ';', (size_t)(end - at));
        Str part = {at, (size_t)((stop ? stop : end) - at)};
        const char *colon = memchr(part.data, ':', part.len);
        bool meant = scopes == NULL;

        while (part.len > 0 && strchr(" `'", *part.data))
            part = (Str){part.data + 1, part.len - 1};
        for (size_t i = 0; scopes && colon && scopes[i]; i++) {
            size_t length = (size_t)(colon - part.data);

            meant |= strlen(scopes[i]) == length && memcmp(scopes[i], part.data, length) == 0;
        }
        if (meant && memmem(part.data, part.len, privilege, strlen(privilege)))
            return true;
        at = stop ? stop + 1 : end;
    }
    return false;
}

/* What an administrator may do is not listed one by one. */
static bool column_says(const SelectdbRows *grants, const char *column, const char *privilege,
                        const char *const *scopes)
{
    for (size_t row = 0; row < grants->row_count; row++) {
        SelectdbValue value = selectdb_value(grants, row, column);

        if (!value.null &&
            (says(value.text, privilege, scopes) || says(value.text, "Admin_priv", scopes)))
            return true;
    }
    return false;
}

bool selectdb_grants_have(const SelectdbRows *grants, const char *privilege, const char *database)
{
    CLEANUP(arena_done) Arena arena = {0};
    const char *const catalogs[] = {"internal", NULL};
    const char *const databases[] = {arena_printf(&arena, "internal.%s", database), database, NULL};

    return column_says(grants, "GlobalPrivs", privilege, NULL) ||
           column_says(grants, "CatalogPrivs", privilege, catalogs) ||
           column_says(grants, "DatabasePrivs", privilege, databases);
}

bool selectdb_grants_have_group(const SelectdbRows *grants, const char *group)
{
    const char *const groups[] = {group, "%", NULL};

    return column_says(grants, "GlobalPrivs", "Admin_priv", NULL) ||
           column_says(grants, "CloudClusterPrivs", "Usage_priv", groups) ||
           column_says(grants, "ComputeGroupPrivs", "Usage_priv", groups);
}
