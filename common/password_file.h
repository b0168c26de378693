/* password_file - a file that holds nothing but a password; it is read anew whenever one is needed.
 */
#pragma once

#include "common/error.h"

/* Its first line. The caller clears it with password_clear(). CONFIG when it cannot be read. */
NODISCARD bool password_file_read(const char *path, char **out, Error *err);

/* Overwrites and frees it. Works as a CLEANUP(). */
void password_clear(char **password);
