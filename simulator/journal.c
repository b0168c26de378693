#include "simulator/journal.h"

#include "common/bytes.h"
#include "common/clock.h"
#include "common/mem.h"
#include "simulator/json_text.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 16384 };

struct Journal {
    char *path;
    int fd;
    int64_t number;
    pthread_mutex_t lock;
};

bool journal_open(Journal **out, const char *path, Error *err)
{
    CLEANUP(journal_close) Journal *journal = MEM_NEW(Journal);

    pthread_mutex_init(&journal->lock, NULL);
    journal->path = mem_strdup(path);
    journal->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (journal->fd < 0)
        return error_set(err, ERROR_CONFIG, "%s: %s", path, strerror(errno));
    *out = journal;
    journal = NULL; /* handed over */
    return true;
}

void journal_close(Journal **journal)
{
    if (!*journal)
        return;
    if ((*journal)->fd >= 0)
        close((*journal)->fd);
    pthread_mutex_destroy(&(*journal)->lock);
    free((*journal)->path);
    free(*journal);
    *journal = NULL;
}

const char *journal_path(const Journal *journal)
{
    return journal->path;
}

static void add_text(Bytes *line, const char *name, const char *text)
{
    if (!text)
        return;
    json_add_text(line, ", ");
    json_add_string(line, str_of(name));
    json_add_text(line, ": ");
    json_add_string(line, str_of(text));
}

static void add_number(Bytes *line, const char *name, int64_t number)
{
    if (number == 0)
        return;
    json_add_text(line, ", ");
    json_add_string(line, str_of(name));
    json_add_text(line, ": ");
    json_add_number(line, number);
}

void journal_write(Journal *journal, const JournalEvent *event)
{
    CLEANUP(bytes_done) Bytes line = {.limit = LINE_MAX_BYTES};
    ssize_t written;

    pthread_mutex_lock(&journal->lock);
    json_add_text(&line, "{\"n\": ");
    json_add_number(&line, ++journal->number);
    add_number(&line, "time_ms", clock_wall_us() / 1000);
    add_text(&line, "event", event->event);
    add_text(&line, "where", event->where);
    add_text(&line, "db", event->database);
    add_text(&line, "table", event->table);
    add_text(&line, "label", event->label);
    add_number(&line, "txn", event->txn);
    add_number(&line, "rows", event->rows);
    add_number(&line, "bytes", event->bytes);
    add_text(&line, "fault", event->fault);
    add_text(&line, "moment", event->moment);
    add_text(&line, "text", event->text);
    json_add_text(&line, "}\n");
    do {
        written = write(journal->fd, line.data, line.len);
    } while (written < 0 && errno == EINTR);
    pthread_mutex_unlock(&journal->lock);
}
