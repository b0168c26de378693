#include "common/error.h"

#include "common/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

/* clang-format off */
static const struct {
    const char *name;
    bool may_pass;
    int exit_status;
} KINDS[ERROR_KIND_COUNT] = {
    [ERROR_NONE]       = {"none",       false, EX_OK},
    [ERROR_CONFIG]     = {"config",     false, EX_CONFIG},
    [ERROR_CONNECTION] = {"connection", true,  EX_UNAVAILABLE},
    [ERROR_TRANSIENT]  = {"transient",  true,  EX_TEMPFAIL},
    [ERROR_DATA]       = {"data",       false, EX_DATAERR},
    [ERROR_PROTOCOL]   = {"protocol",   false, EX_PROTOCOL},
};
/* clang-format on */

/*
 * libpq ends its messages with newlines and puts some inside; one error is one line. A long key is
 * cut wherever the room ends, and what a server says before it knows the client's encoding is in
 * its own; what we say is UTF-8.
 */
static void make_one_line(char *text)
{
    size_t length;

    utf8_mend(text);
    length = strlen(text);

    while (length > 0 && strchr("\r\n\t ", text[length - 1]))
        text[--length] = '\0';
    for (char *at = text; (at = strpbrk(at, "\r\n\t")); at++)
        *at = ' ';
}

static void PRINTF_LIKE(3, 0) fill(char *part, size_t size, const char *format, va_list arguments)
{
    vsnprintf(part, size, format, arguments);
    make_one_line(part);
}

bool error_set(Error *err, ErrorKind kind, const char *format, ...)
{
    va_list arguments;

    *err = (Error){.kind = kind};
    va_start(arguments, format);
    fill(err->message, sizeof err->message, format, arguments);
    va_end(arguments);
    return false;
}

bool error_wrap(Error *err, const char *format, ...)
{
    char inner[sizeof err->message];
    va_list arguments;
    size_t used;

    memcpy(inner, err->message, sizeof inner);
    va_start(arguments, format);
    fill(err->message, sizeof err->message, format, arguments);
    va_end(arguments);
    used = strlen(err->message);
    snprintf(err->message + used, sizeof err->message - used, ": %s", inner);
    utf8_mend(err->message);
    return false;
}

#define FILL_PART_ONCE(part)                                                                       \
    do {                                                                                           \
        va_list arguments;                                                                         \
        if ((part)[0] != '\0')                                                                     \
            return false;                                                                          \
        va_start(arguments, format);                                                               \
        fill((part), sizeof(part), format, arguments);                                             \
        va_end(arguments);                                                                         \
        return false;                                                                              \
    } while (0)

bool error_object(Error *err, const char *format, ...)
{
    FILL_PART_ONCE(err->object);
}

bool error_key(Error *err, const char *format, ...)
{
    FILL_PART_ONCE(err->key);
}

bool error_position(Error *err, const char *format, ...)
{
    FILL_PART_ONCE(err->position);
}

bool error_hint(Error *err, const char *format, ...)
{
    FILL_PART_ONCE(err->hint);
}

const char *error_kind_name(ErrorKind kind)
{
    return kind < ERROR_KIND_COUNT ? KINDS[kind].name : "?";
}

ErrorKind error_kind_of(const char *name)
{
    for (int kind = 0; kind < ERROR_KIND_COUNT; kind++) {
        if (strcmp(KINDS[kind].name, name) == 0)
            return (ErrorKind)kind;
    }
    return ERROR_NONE;
}

bool error_may_pass(ErrorKind kind)
{
    return KINDS[kind].may_pass;
}

int error_exit_status(ErrorKind kind)
{
    return KINDS[kind].exit_status;
}

void error_format(const Error *err, char *out, unsigned long size)
{
    const struct {
        const char *label, *text;
    } parts[] = {
        {"; object: ", err->object},
        {"; key: ", err->key},
        {"; position: ", err->position},
        {"; what to do: ", err->hint},
    };
    size_t used = (size_t)snprintf(out, size, "%s", err->message);

    for (size_t i = 0; i < COUNT_OF(parts) && used < size; i++) {
        if (parts[i].text[0] != '\0')
            used +=
                (size_t)snprintf(out + used, size - used, "%s%s", parts[i].label, parts[i].text);
    }
}
