#include "simulator/options.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

/* clang-format off */
const char OPTIONS_HELP[] =
    "usage: walferry-selectdb-sim --data DIR --fe HOST:PORT --be HOST:PORT --be HOST:PORT [options]\n"
    "\n"
    "  --data DIR            where everything is kept; made if it is not there\n"
    "  --profile NAME        doris-3.0-local, doris-4.x-local or selectdb-cloud (the default)\n"
    "  --fe HOST:PORT        where the FE listens; port 0: any\n"
    "  --be HOST:PORT        where a BE listens; at least twice\n"
    "  --user NAME           a user besides root\n"
    "  --password-file FILE  the password of both; without it, it is empty\n"
    "  --tls-cert FILE       PEM; with --tls-key all ports speak TLS\n"
    "  --tls-key FILE\n"
    "  --compute-group NAME  of the cloud profile (compute_group)\n"
    "  --no-default-group    the users have none: each request must name it\n"
    "  --count-only          rows are counted and forgotten\n"
    "  --publish-delay-ms N  a load becomes visible so long after its commit\n"
    "  --faults              print what can go wrong, and end\n"
    "\n"
    "The addresses are printed as one line of JSON when it listens. See docs/simulator.md.\n";

enum { OPT_DATA = 1, OPT_PROFILE, OPT_FE, OPT_BE, OPT_USER, OPT_PASSWORD, OPT_CERT, OPT_KEY,
       OPT_GROUP, OPT_NO_GROUP, OPT_COUNT, OPT_DELAY, OPT_FAULTS, OPT_HELP };

static const struct option LONG[] = {
    {"data",             required_argument, NULL, OPT_DATA},
    {"profile",          required_argument, NULL, OPT_PROFILE},
    {"fe",               required_argument, NULL, OPT_FE},
    {"be",               required_argument, NULL, OPT_BE},
    {"user",             required_argument, NULL, OPT_USER},
    {"password-file",    required_argument, NULL, OPT_PASSWORD},
    {"tls-cert",         required_argument, NULL, OPT_CERT},
    {"tls-key",          required_argument, NULL, OPT_KEY},
    {"compute-group",    required_argument, NULL, OPT_GROUP},
    {"no-default-group", no_argument,       NULL, OPT_NO_GROUP},
    {"count-only",       no_argument,       NULL, OPT_COUNT},
    {"publish-delay-ms", required_argument, NULL, OPT_DELAY},
    {"faults",           no_argument,       NULL, OPT_FAULTS},
    {"help",             no_argument,       NULL, OPT_HELP},
    {NULL,               0,                 NULL, 0},
};
/* clang-format on */

static bool parse_number(const char *text, long max, long *out)
{
    char *end;

    errno = 0;
    *out = strtol(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *out >= 0 && *out <= max;
}

static bool parse_address(const char *text, Arena *arena, SimAddress *out, Error *err)
{
    const char *colon = strrchr(text, ':');
    long port;

    if (!colon || colon == text || !parse_number(colon + 1, 65535, &port))
        return error_set(err, ERROR_CONFIG, "'%s' is not HOST:PORT", text);
    out->host = arena_printf(arena, "%.*s", (int)(colon - text), text);
    out->port = (uint16_t)port;
    return true;
}

enum { FILE_MAX_BYTES = 65536 };

static bool read_file(const char *path, Arena *arena, char **out, Error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *text = arena_zeroed(arena, FILE_MAX_BYTES + 1, 1);
    size_t len = 0;
    ssize_t got = -1;

    while (fd >= 0 && (got = read(fd, text + len, FILE_MAX_BYTES - len)) > 0)
        len += (size_t)got;
    if (fd >= 0)
        close(fd);
    if (got < 0)
        return error_set(err, ERROR_CONFIG, "%s: %s", path, strerror(errno));
    *out = text;
    return true;
}

/* One line, without its end. */
static bool read_password(const char *path, Arena *arena, char **out, Error *err)
{
    if (!read_file(path, arena, out, err))
        return false;
    (*out)[strcspn(*out, "\r\n")] = '\0';
    return true;
}

static bool set_profile(const char *name, Profile *out, Error *err)
{
    return profile_parse(name, out) ||
           error_set(err, ERROR_CONFIG, "no profile is named '%s'", name);
}

static bool set_delay(const char *text, int64_t *out, Error *err)
{
    long ms;

    if (!parse_number(text, 3600000, &ms))
        return error_set(err, ERROR_CONFIG, "--publish-delay-ms: '%s' is no number of ms", text);
    *out = ms;
    return true;
}

static bool add_be(const char *text, Arena *arena, SimOptions *out, Error *err)
{
    if (out->be_count == OPTIONS_BE_MAX)
        return error_set(err, ERROR_CONFIG, "more than %d BEs", OPTIONS_BE_MAX);
    return parse_address(text, arena, &out->be[out->be_count++], err);
}

static bool set_option(int option, const char *value, Arena *arena, SimOptions *out, Error *err)
{
    switch (option) {
    case OPT_DATA:
        out->data = arena_strdup(arena, value);
        return true;
    case OPT_PROFILE:
        return set_profile(value, &out->profile, err);
    case OPT_FE:
        return parse_address(value, arena, &out->fe, err);
    case OPT_BE:
        return add_be(value, arena, out, err);
    case OPT_USER:
        out->user = arena_strdup(arena, value);
        return true;
    case OPT_PASSWORD:
        return read_password(value, arena, &out->password, err);
    case OPT_CERT:
        return read_file(value, arena, &out->tls_cert, err);
    case OPT_KEY:
        return read_file(value, arena, &out->tls_key, err);
    case OPT_GROUP:
        out->compute_group = arena_strdup(arena, value);
        return true;
    case OPT_NO_GROUP:
        out->no_default_group = true;
        return true;
    case OPT_COUNT:
        out->count_only = true;
        return true;
    case OPT_DELAY:
        return set_delay(value, &out->publish_delay_ms, err);
    case OPT_FAULTS:
        out->print_faults = true;
        return true;
    case OPT_HELP:
        out->print_help = true;
        return true;
    default:
        return error_set(err, ERROR_CONFIG, "unknown or incomplete option; see --help");
    }
}

static bool check(const SimOptions *o, Error *err)
{
    if (o->print_help || o->print_faults)
        return true;
    if (!o->data)
        return error_set(err, ERROR_CONFIG, "--data is missing");
    if (!o->fe.host)
        return error_set(err, ERROR_CONFIG, "--fe is missing");
    if (o->be_count < 2)
        return error_set(err, ERROR_CONFIG, "--be is needed twice or more");
    if (!o->tls_cert != !o->tls_key)
        return error_set(err, ERROR_CONFIG, "--tls-cert and --tls-key belong together");
    return true;
}

bool options_parse(int argc, char **argv, Arena *arena, SimOptions *out, Error *err)
{
    int option;

    *out = (SimOptions){.profile = PROFILE_SELECTDB_CLOUD,
                        .user = arena_strdup(arena, ""),
                        .password = arena_strdup(arena, ""),
                        .compute_group = arena_strdup(arena, "compute_group")};
    opterr = 0;
    optind = 1;
    while ((option = getopt_long(argc, argv, "", LONG, NULL)) != -1)
        if (!set_option(option, optarg, arena, out, err))
            return false;
    if (optind < argc)
        return error_set(err, ERROR_CONFIG, "'%s' is no option", argv[optind]);
    return check(out, err);
}
