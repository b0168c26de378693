#include "cli/place.h"

#include "common/mem.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *environment(const char *name)
{
    const char *value = getenv(name);

    return value && value[0] ? value : NULL;
}

char *place_absolute(const char *path)
{
    char *real = realpath(path, NULL);
    char folder[PATH_MAX];

    if (real)
        return real;
    if (path[0] == '/' || !getcwd(folder, sizeof folder))
        return mem_strdup(path);
    return mem_printf("%s/%s", folder, path);
}

bool place_state_dir(const char *given, char **out, Error *err)
{
    const char *base = environment("XDG_STATE_HOME"), *home = environment("HOME");
    CLEANUP(mem_free) char *path = NULL;

    if (!given)
        given = environment("WALFERRY_STATE_DIR");
    if (given)
        path = mem_strdup(given);
    else if (base)
        path = mem_printf("%s/walferry", base);
    else if (home)
        path = mem_printf("%s/.local/state/walferry", home);
    if (!path || !path[0]) {
        error_set(err, ERROR_CONFIG, "no state directory: neither is one named nor is HOME set");
        return error_hint(err, "give --state-dir DIR or set WALFERRY_STATE_DIR");
    }
    *out = place_absolute(path);
    return true;
}

bool place_program(const char *name, char **out, Error *err)
{
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    char *slash;

    if (length < 0)
        return error_set(err, ERROR_CONFIG, "/proc/self/exe: %s", strerror(errno));
    self[length] = '\0';
    slash = strrchr(self, '/');
    *out = mem_printf("%.*s/%s", slash ? (int)(slash - self) : 0, self, name);
    return true;
}

const char *place_supervisor(const char *given)
{
    return given ? given : environment("WALFERRY_SUPERVISOR");
}
