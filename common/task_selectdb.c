#include "common/task_selectdb.h"

#include "common/compiler.h"
#include "common/settings_table.h"
#include <stdlib.h>

enum { ZONE_MAX = 64, DATABASE_MAX = 64, PORT_MAX = 65535 };

static bool refuse(const char *file, unsigned line, const char *key, const char *what,
                   const char *hint, Error *err)
{
    error_set(err, ERROR_CONFIG, "%s:%u: %s: %s", file, line, key, what);
    return error_hint(err, "%s", hint);
}

/* ---- keys of the other type ---- */

static bool check_scopes(const char *file, const SettingLines *lines, const TaskFile *task,
                         Error *err)
{
    bool selectdb = task->destination.type == DESTINATION_SELECTDB;
    SettingScope foreign = selectdb ? SCOPE_POSTGRESQL : SCOPE_SELECTDB;
    size_t count;
    const Setting *table = settings_table(&count);

    for (size_t i = 0; i < count; i++) {
        if (table[i].scope != foreign || lines->of[i] == 0)
            continue;
        refuse(file, lines->of[i], table[i].path,
               selectdb ? "has no meaning with destination.type = \"selectdb\""
                        : "has a meaning with destination.type = \"selectdb\" only",
               "", err);
        return error_hint(err, "leave the key out, or write destination.type = \"%s\"",
                          selectdb ? "postgresql" : "selectdb");
    }
    return true;
}

/* ---- addresses ---- */

/* HOST or HOST:PORT, also [ADDRESS]:PORT. */
static bool is_host_port(const char *text, bool port_required)
{
    const char *colon = strrchr(text, ':'), *bracket = strrchr(text, ']');
    bool in_brackets = text[0] == '[';
    size_t host;
    char *end;

    if (strpbrk(text, " \t\r\n/@?#\\\"'") || (bracket && !in_brackets))
        return false;
    if (colon && bracket && colon < bracket)
        colon = NULL; /* of the address itself */
    host = colon ? (size_t)(colon - text) : strlen(text);
    if (host == 0 || (in_brackets && (!bracket || bracket + 1 != text + host)) ||
        (!in_brackets && memchr(text, ':', host)))
        return false;
    if (!colon)
        return !port_required;
    long port = strtol(colon + 1, &end, 10);
    return colon[1] >= '0' && colon[1] <= '9' && *end == '\0' && port > 0 && port <= PORT_MAX;
}

static bool is_url(const char *text)
{
    const char *const schemes[] = {"http://", "https://"};

    for (size_t i = 0; i < COUNT_OF(schemes); i++) {
        if (strncmp(text, schemes[i], strlen(schemes[i])) == 0)
            return is_host_port(text + strlen(schemes[i]), true);
    }
    return false;
}

static bool check_urls(const char *file, const SettingLines *lines, const TaskFile *task,
                       Error *err)
{
    for (const char **url = task->destination.urls; *url; url++) {
        if (!is_url(*url)) /* not shown: some would write a password into it */
            return refuse(file, setting_line(lines, "destination.urls"), "destination.urls",
                          "one of them is no http://HOST:PORT",
                          "write [\"http://HOST:PORT\"] or https, nothing behind it; the user and "
                          "password_file have keys of their own",
                          err);
    }
    return true;
}

static bool check_redirects(const char *file, const TaskFile *task, Error *err)
{
    for (size_t i = 0; i < task->destination.redirect_count; i++) {
        const TaskRedirect *redirect = &task->destination.redirects[i];

        if (!is_host_port(redirect->from, false))
            return refuse(file, redirect->line, "destination.redirect_map.from",
                          "is no HOST:PORT and no HOST", "write it as `walferry check` shows it",
                          err);
        if (!is_host_port(redirect->to, true))
            return refuse(file, redirect->line, "destination.redirect_map.to", "is no HOST:PORT",
                          "write the address that reaches this back end from here", err);
    }
    return true;
}

/* ---- names ---- */

static bool is_made_of(const char *text, size_t most, const char *others)
{
    for (const char *at = text; *at; at++) {
        bool letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z');

        if (!letter && !(*at >= '0' && *at <= '9') && !strchr(others, *at))
            return false;
    }
    return strlen(text) <= most;
}

static bool check_database(const char *file, unsigned line, const char *key, const char *name,
                           Error *err)
{
    bool letter = (name[0] >= 'a' && name[0] <= 'z') || (name[0] >= 'A' && name[0] <= 'Z');

    if (letter && is_made_of(name, DATABASE_MAX, "_-"))
        return true;
    error_set(err, ERROR_CONFIG, "%s:%u: %s: '%.80s' is no name of a database at SelectDB", file,
              line, key, name);
    return error_hint(err, "begin with a letter; a to z, A to Z, 0 to 9, _ and -, at most %d",
                      DATABASE_MAX);
}

static bool check_texts(const char *file, const SettingLines *lines, const TaskFile *task,
                        Error *err)
{
    const TaskDestination *destination = &task->destination;

    if (!is_made_of(destination->timezone, ZONE_MAX, "_/+-:") || destination->timezone[0] == '\0')
        return refuse(file, setting_line(lines, "destination.timezone"), "destination.timezone",
                      "is no name of a time zone", "write one as in \"Europe/Berlin\"", err);
    if (strpbrk(destination->compute_group, "\r\n"))
        return refuse(file, setting_line(lines, "destination.compute_group"),
                      "destination.compute_group", "holds a line break", "write its name only",
                      err);
    if (strpbrk(destination->user, ":\r\n"))
        return refuse(file, setting_line(lines, "destination.user"), "destination.user",
                      "holds a colon or a line break",
                      "write the name only; the password stands in password_file", err);
    return check_database(file, setting_line(lines, "destination.database"), "destination.database",
                          destination->database, err);
}

/* ---- tables ---- */

static bool check_names_once(const char *file, unsigned line, const char *key,
                             const char *const *names, Error *err)
{
    for (size_t i = 0; names[i]; i++) {
        for (size_t k = 0; k < i; k++) {
            if (strcmp(names[i], names[k]) == 0)
                return refuse(file, line, key, "names a column twice", "keep one of them", err);
        }
    }
    return true;
}

static bool check_properties(const char *file, const TaskObject *object, Error *err)
{
    for (size_t i = 0; i < object->property_count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (strcmp(object->properties[i].name, object->properties[k].name) == 0)
                return refuse(file, object->properties[i].line, "objects.properties",
                              "names a property twice", "keep one of them", err);
        }
    }
    return true;
}

static bool check_object(const char *file, const TaskObject *object, Error *err)
{
    if (!object->table[0] && (object->primary_key[0] || object->distribution_key[0]))
        return refuse(file, object->line,
                      object->primary_key[0] ? "objects.primary_key" : "objects.distribution_key",
                      "stands without a table",
                      "name the table that is meant in an entry of its own", err);
    if (object->engine == ENGINE_DUPLICATE && object->primary_key[0])
        return refuse(file, object->line, "objects.primary_key", "stands beside a duplicate table",
                      "leave it out: a duplicate table keeps every change, it has no key", err);
    return (object->to_database[0] == '\0' ||
            check_database(file, object->line, "objects.to_database", object->to_database, err)) &&
           check_names_once(file, object->line, "objects.primary_key", object->primary_key, err) &&
           check_names_once(file, object->line, "objects.distribution_key",
                            object->distribution_key, err) &&
           check_properties(file, object, err);
}

static bool check_objects(const char *file, const TaskFile *task, Error *err)
{
    for (size_t i = 0; i < task->object_count; i++) {
        if (!check_object(file, &task->objects[i], err))
            return false;
    }
    return true;
}

static bool check_rows(const char *file, const SettingLines *lines, const TaskFile *task,
                       Error *err)
{
    if (task->existing_rows != EXISTING_ROWS_KEEP)
        return true;
    return refuse(file, setting_line(lines, "existing_rows"), "existing_rows",
                  "\"keep\" cannot be had at SelectDB: a load replaces the row of its key",
                  "write \"overwrite\", or leave the key out", err);
}

bool task_selectdb_check(const char *file, const SettingLines *lines, const TaskFile *task,
                         Error *err)
{
    if (!check_scopes(file, lines, task, err))
        return false;
    if (task->destination.type != DESTINATION_SELECTDB)
        return true;
    return check_urls(file, lines, task, err) && check_redirects(file, task, err) &&
           check_texts(file, lines, task, err) && check_objects(file, task, err) &&
           check_rows(file, lines, task, err);
}
