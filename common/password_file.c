#include "common/password_file.h"

#include "common/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { PASSWORD_MAX_BYTES = 1024 };

static void close_file(FILE **file)
{
    if (*file)
        fclose(*file);
}

void password_clear(char **password)
{
    if (*password)
        explicit_bzero(*password, strlen(*password));
    mem_free(password);
}

bool password_file_read(const char *path, char **out, Error *err)
{
    char line[PASSWORD_MAX_BYTES] = "";
    CLEANUP(close_file) FILE *file = fopen(path, "re");

    if (!file || (!fgets(line, sizeof line, file) && ferror(file))) {
        error_set(err, ERROR_CONFIG, "cannot read the password file: %s", strerror(errno));
        error_object(err, "%s", path);
        return error_hint(err, "make it readable for the user walferry runs as");
    }
    line[strcspn(line, "\r\n")] = '\0';
    *out = mem_strdup(line);
    explicit_bzero(line, sizeof line);
    return true;
}
