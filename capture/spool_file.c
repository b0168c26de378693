#include "capture/spool_file.h"

#include "common/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static bool failed(const char *what, const char *path, Error *err)
{
    bool full = errno == ENOSPC || errno == EDQUOT;

    error_set(err, full || errno == EIO ? ERROR_TRANSIENT : ERROR_CONFIG,
              "cannot %s a spool file: %s", what, strerror(errno));
    error_object(err, "%s", path);
    return error_hint(err, full ? "make room there, or set spool_dir to a larger disk"
                                : "walferry must be able to write in spool_dir");
}

static void close_dir(DIR **dir)
{
    if (*dir)
        closedir(*dir);
}

/* As far as it goes: what stays does no harm, names are new at each start. */
static void remove_tree(int parent, const char *name)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CLEANUP(close_dir) DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        if (entry->d_name[0] != '.')
            (void)unlinkat(fd, entry->d_name, 0);
    }
    (void)unlinkat(parent, name, AT_REMOVEDIR);
}

static bool make_dir(const char *path, Error *err)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST || failed("make a folder for", path, err);
}

static bool remove_leftovers(const char *base, Error *err)
{
    CLEANUP(close_dir) DIR *dir = opendir(base);
    const struct dirent *entry;

    if (!dir)
        return failed("list", base, err);
    while ((entry = readdir(dir))) {
        if (strncmp(entry->d_name, "capture-", strlen("capture-")) == 0)
            remove_tree(dirfd(dir), entry->d_name);
    }
    return true;
}

bool spool_dir_make(const char *base, const char *name, char **path, Error *err)
{
    CLEANUP(mem_free) char *own = mem_printf("%s/%s", base, name);

    if (!make_dir(base, err) || !remove_leftovers(base, err) || !make_dir(own, err))
        return false;
    *path = own;
    own = NULL; /* handed over */
    return true;
}

void spool_dir_remove(char **path)
{
    if (*path)
        remove_tree(AT_FDCWD, *path);
    free(*path);
    *path = NULL;
}

static int open_file(const char *path, int flags, Error *err)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);

    if (fd < 0)
        failed("open", path, err);
    return fd;
}

int spool_file_create(const char *path, Error *err)
{
    return open_file(path, O_CREAT | O_TRUNC | O_WRONLY | O_APPEND, err);
}

int spool_file_append_to(const char *path, Error *err)
{
    return open_file(path, O_CREAT | O_WRONLY | O_APPEND, err);
}

int spool_file_read_from(const char *path, Error *err)
{
    return open_file(path, O_RDONLY, err);
}

void spool_file_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

bool spool_file_write(int fd, const char *path, Str bytes, Error *err)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.data, bytes.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failed("write", path, err);
        bytes.data += n;
        bytes.len -= (size_t)n;
    }
    return true;
}

bool spool_file_read(int fd, const char *path, uint64_t offset, char *out, size_t len, Error *err)
{
    while (len > 0) {
        ssize_t n = pread(fd, out, len, (off_t)offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failed("read", path, err);
        if (n == 0) {
            error_set(err, ERROR_TRANSIENT, "a spool file is shorter than what was written");
            return error_object(err, "%s", path);
        }
        out += n;
        offset += (uint64_t)n;
        len -= (size_t)n;
    }
    return true;
}

uint32_t spool_checksum(uint32_t so_far, Str bytes)
{
    uLong sum = so_far;

    while (bytes.len > 0) {
        uInt piece = bytes.len < 1u << 30 ? (uInt)bytes.len : 1u << 30;

        sum = crc32(sum, (const Bytef *)bytes.data, piece);
        bytes.data += piece;
        bytes.len -= piece;
    }
    return (uint32_t)sum;
}
