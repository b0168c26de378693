/*
 * spool_file - what both spools do with files: a private folder, whole writes, whole reads.
 *
 * Errors name the file; a full disk is TRANSIENT with a hint.
 */
#pragma once

#include "common/error.h"
#include "common/str.h"
#include <stdint.h>

/*
 * A new folder base/name (0700) for this process alone; free() *path. What earlier captures left in
 * base is removed: one that was thought dead and goes on must neither read nor write our files.
 */
NODISCARD bool spool_dir_make(const char *base, const char *name, char **path, Error *err);
/* With all files in it; the path is freed and set to NULL. */
void spool_dir_remove(char **path);

/* -1 on failure. */
int spool_file_create(const char *path, Error *err);
int spool_file_append_to(const char *path, Error *err);
int spool_file_read_from(const char *path, Error *err);

/* Works as a CLEANUP(). */
void spool_file_close(int *fd);

NODISCARD bool spool_file_write(int fd, const char *path, Str bytes, Error *err);
/* False too when the file ends before `len` bytes. */
NODISCARD bool spool_file_read(int fd, const char *path, uint64_t offset, char *out, size_t len,
                               Error *err);

/* CRC-32, to be continued with the next piece; start with 0. */
uint32_t spool_checksum(uint32_t so_far, Str bytes);
