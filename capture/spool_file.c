#include "capture/spool_file.h"

#include "common/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
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

bool spool_dir_prepare(const char *dir, const char *prefix, Error *err)
{
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return failed("make a folder for", dir, err);

    CLEANUP(close_dir) DIR *open_dir = opendir(dir);
    const struct dirent *entry;

    if (!open_dir)
        return failed("list", dir, err);
    while ((entry = readdir(open_dir))) {
        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
            continue;
        if (unlinkat(dirfd(open_dir), entry->d_name, 0) != 0 && errno != ENOENT)
            return failed("remove", dir, err);
    }
    return true;
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
