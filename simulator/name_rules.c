#include "simulator/name_rules.h"

#include "simulator/sql_cursor.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { MAX_DATABASE = 64, MAX_TABLE = 64, MAX_COLUMN = 256 };

/* Only of letters, digits, `others`, and where the profile has them, characters beyond ASCII. */
static bool consists_of(Profile profile, const char *name, const char *others)
{
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && !strchr(others, *name) &&
            !((unsigned char)*name >= 0x80 && profile_unicode_names(profile)))
            return false;
    return true;
}

/* Characters, not bytes. */
static size_t length_of(const char *name)
{
    size_t count = 0;

    for (; *name; name++)
        count += ((unsigned char)*name & 0xC0) != 0x80;
    return count;
}

static bool begins_with_letter(Profile profile, const char *name)
{
    return isalpha((unsigned char)*name) ||
           ((unsigned char)*name >= 0x80 && profile_unicode_names(profile));
}

bool name_rules_database(Profile profile, const char *name, Error *err)
{
    if (begins_with_letter(profile, name) && consists_of(profile, name, "-_") &&
        length_of(name) <= MAX_DATABASE)
        return true;
    return sql_error(err, "Incorrect database name '%s'", name);
}

bool name_rules_table(Profile profile, const char *name, Error *err)
{
    if (length_of(name) > MAX_TABLE)
        return sql_error(err,
                         "Table name length exceeds limit, the length of table name '%s' is %zu "
                         "which is greater than the configuration 'table_name_length_limit' (%d).",
                         name, length_of(name), MAX_TABLE);
    if (*name && consists_of(profile, name, "-_$"))
        return true;
    return sql_error(err, "Incorrect table name '%s'. Table name regex is '^[a-zA-Z0-9-_$]*$'",
                     name);
}

bool name_rules_column(Profile profile, const char *name, Error *err)
{
    static const char *const RESERVED[] = {"__DORIS_", "__doris_shadow_"};

    for (size_t i = 0; i < COUNT_OF(RESERVED); i++)
        if (strncasecmp(name, RESERVED[i], strlen(RESERVED[i])) == 0)
            return sql_error(err, "Incorrect column name '%s', column name can't start with '%s'",
                             name, RESERVED[i]);
    if (*name && length_of(name) <= MAX_COLUMN &&
        consists_of(profile, name, "_.+-/?@#$%^&*\",: \t"))
        return true;
    return sql_error(err,
                     "Incorrect column name '%s'. Column regex is "
                     "'^[_a-zA-Z@0-9\\s/][.a-zA-Z0-9_+-/?@#$%%^&*\"\\s,:]{0,255}$'",
                     name);
}
