#include "store/state_dir.h"

#include "common/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct StateDir {
    char *path;
    int lock;
};

enum {
    /* "ipc://" + path + "/run/" + identity must fit a Unix socket's 107 bytes */
    PATH_MOST = 75,
};

static const char *const FOLDERS[] = {"run", "spool", "log"};

static bool refused(const char *what, const char *path, Error *err)
{
    error_set(err, ERROR_CONFIG, "%s the state directory: %s", what, strerror(errno));
    error_object(err, "%s", path);
    return error_hint(err, "name another one with --state-dir");
}

/* Like mkdir -p -m 0700; what exists stays as it is. */
static bool make_folders(const char *path, Error *err)
{
    CLEANUP(mem_free) char *copy = mem_strdup(path);

    for (char *at = copy + 1; (at = strchr(at, '/')); at++) {
        *at = '\0';
        if (mkdir(copy, 0700) != 0 && errno != EEXIST)
            return refused("cannot make", path, err);
        *at = '/';
    }
    if (mkdir(copy, 0700) != 0 && errno != EEXIST)
        return refused("cannot make", path, err);
    return true;
}

static bool check_folder(const char *path, Error *err)
{
    struct stat found;

    if (stat(path, &found) != 0)
        return refused("cannot use", path, err);
    if (!S_ISDIR(found.st_mode) || found.st_uid != geteuid() || (found.st_mode & 077) != 0) {
        error_set(err, ERROR_CONFIG, "the state directory must be yours alone");
        error_object(err, "%s", path);
        return error_hint(err, "chown it to the user that runs walferry and chmod 0700 it");
    }
    return true;
}

static bool make_subfolders(const char *path, Error *err)
{
    for (size_t i = 0; i < COUNT_OF(FOLDERS); i++) {
        CLEANUP(mem_free) char *folder = state_dir_file(path, FOLDERS[i]);

        if (mkdir(folder, 0700) != 0 && errno != EEXIST)
            return refused("cannot write to", path, err);
    }
    return true;
}

static pid_t read_pid(int fd)
{
    char text[32] = {0};

    if (pread(fd, text, sizeof text - 1, 0) <= 0)
        return 0;
    return (pid_t)strtol(text, NULL, 10);
}

/*
 * Of an open file description, as flock()'s, but it can be asked for without being taken: who only
 * asks must not be in the way of one who takes it.
 */
static struct flock whole_file(short type)
{
    return (struct flock){.l_type = type, .l_whence = SEEK_SET};
}

static bool take_lock(StateDir *dir, Error *err)
{
    CLEANUP(mem_free) char *file = state_dir_file(dir->path, "lock");
    struct flock lock = whole_file(F_WRLCK);

    dir->lock = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (dir->lock < 0)
        return refused("cannot write to", dir->path, err);
    if (fcntl(dir->lock, F_OFD_SETLK, &lock) != 0) {
        error_set(err, ERROR_CONFIG, "the state directory is in use by process %d",
                  (int)read_pid(dir->lock));
        error_object(err, "%s", dir->path);
        return error_hint(err, "hand it a task with `walferry add FILE`, stop it, or use another "
                               "--state-dir");
    }
    if (ftruncate(dir->lock, 0) != 0 || dprintf(dir->lock, "%d\n", (int)getpid()) < 0)
        return refused("cannot write to", dir->path, err);
    return true;
}

static bool find_path(StateDir *dir, const char *path, Error *err)
{
    CLEANUP(mem_free) char *absolute = realpath(path, NULL);

    if (!absolute)
        return refused("cannot use", path, err);
    if (strlen(absolute) > PATH_MOST) {
        error_set(err, ERROR_CONFIG, "the path is too long for the sockets in it (at most %d)",
                  PATH_MOST);
        error_object(err, "%s", absolute);
        return error_hint(err, "use a shorter --state-dir");
    }
    dir->path = mem_strdup(absolute);
    return true;
}

bool state_dir_open(StateDir **out, const char *path, Error *err)
{
    CLEANUP(state_dir_close) StateDir *dir = MEM_NEW(StateDir);

    dir->lock = -1;
    if (!make_folders(path, err) || !check_folder(path, err) || !find_path(dir, path, err) ||
        !make_subfolders(dir->path, err) || !take_lock(dir, err))
        return false;
    *out = dir;
    dir = NULL; /* handed over */
    return true;
}

void state_dir_close(StateDir **dir)
{
    if (!*dir)
        return;
    if ((*dir)->lock >= 0)
        close((*dir)->lock);
    free((*dir)->path);
    free(*dir);
    *dir = NULL;
}

static void close_folder(DIR **folder)
{
    if (*folder)
        closedir(*folder);
}

void state_dir_forget_sockets(const StateDir *dir)
{
    CLEANUP(mem_free) char *path = state_dir_file(dir->path, "run");
    CLEANUP(close_folder) DIR *folder = opendir(path);
    const struct dirent *entry;

    while (folder && (entry = readdir(folder))) {
        if (entry->d_name[0] != '.')
            (void)unlinkat(dirfd(folder), entry->d_name, 0);
    }
}

pid_t state_dir_holder(const char *path)
{
    CLEANUP(mem_free) char *file = state_dir_file(path, "lock");
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    struct flock lock = whole_file(F_RDLCK);
    pid_t holder = 0;

    if (fd < 0)
        return 0;
    if (fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
        holder = read_pid(fd);
    close(fd);
    return holder;
}

const char *state_dir_path(const StateDir *dir)
{
    return dir->path;
}

char *state_dir_file(const char *path, const char *name)
{
    return mem_printf("%s/%s", path, name);
}
