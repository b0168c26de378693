#include "common/selectdb.h"

#include "common/clock.h"
#include "common/compiler.h"
#include "common/mem.h"
#include "common/password_file.h"
#include "common/selectdb_call.h"

#include <stdlib.h>

enum {
    AVOIDED_MAX = 64,
    AVOID_MS = 45000,
    PAUSE_FIRST_MS = 200,
    PAUSE_MOST_MS = 5000,
    PATIENCE_MS = 60000, /* with a server that says: later */
    ROUNDS = 3,
};

typedef struct Avoided {
    char *back_end;
    int64_t until_ms;
} Avoided;

struct Selectdb {
    const TaskDestination *destination;
    Http *http;
    HttpWait *wait;
    void *wait_self;
    SelectdbCall *calls;
    size_t front_end; /* that answered last */
    size_t front_ends;
    Avoided avoided[AVOIDED_MAX];
    size_t avoided_count;
};

bool selectdb_open(Selectdb **out, const TaskDestination *destination, Error *err)
{
    Selectdb *db = MEM_NEW(Selectdb);

    db->destination = destination;
    while (destination->urls[db->front_ends])
        db->front_ends++;
    if (!http_open(&db->http, destination->ca_file, err)) {
        free(db);
        return false;
    }
    *out = db;
    return true;
}

void selectdb_close(Selectdb **db)
{
    if (!*db)
        return;
    for (size_t i = 0; i < (*db)->avoided_count; i++)
        free((*db)->avoided[i].back_end);
    http_close(&(*db)->http);
    free(*db);
    *db = NULL;
}

const TaskDestination *selectdb_destination(const Selectdb *db)
{
    return db->destination;
}

/* ---- back ends that were not reached ---- */

static size_t find_avoided(const Selectdb *db, const char *back_end)
{
    size_t at = 0;

    while (at < db->avoided_count && strcmp(db->avoided[at].back_end, back_end) != 0)
        at++;
    return at;
}

bool selectdb_is_avoided(const Selectdb *db, const char *back_end)
{
    size_t at = find_avoided(db, back_end);

    return at < db->avoided_count && clock_ms() < db->avoided[at].until_ms;
}

static size_t longest_avoided(const Selectdb *db)
{
    size_t least = 0;

    for (size_t i = 1; i < db->avoided_count; i++) {
        if (db->avoided[i].until_ms < db->avoided[least].until_ms)
            least = i;
    }
    return least;
}

void selectdb_avoid(Selectdb *db, const char *back_end)
{
    size_t at = find_avoided(db, back_end);

    if (at == db->avoided_count) {
        if (at == AVOIDED_MAX)
            at = longest_avoided(db);
        else
            db->avoided_count++;
        free(db->avoided[at].back_end);
        db->avoided[at].back_end = mem_strdup(back_end);
    }
    db->avoided[at].until_ms = clock_ms() + AVOID_MS;
}

/* ---- a call ---- */

SelectdbCall *selectdb_start(Selectdb *db, const SelectdbKind *kind)
{
    SelectdbCall *call = MEM_NEW(SelectdbCall), **end = &db->calls;

    call->db = db;
    call->kind = kind;
    call->front_end = db->front_end;
    call->asks_only = true;
    call->text = "";
    call->pause = (Backoff){.first_ms = PAUSE_FIRST_MS, .most_ms = PAUSE_MOST_MS};
    call->patience_ms = clock_ms() + PATIENCE_MS;
    while (*end)
        end = &(*end)->next;
    *end = call;
    return call;
}

void selectdb_free(SelectdbCall **call)
{
    SelectdbCall *it = *call, **link;

    if (!it)
        return;
    for (link = &it->db->calls; *link != it;)
        link = &(*link)->next;
    *link = it->next;
    http_free(&it->request);
    arena_done(&it->arena);
    free(it);
    *call = NULL;
}

bool selectdb_ended(const SelectdbCall *call)
{
    return call->ended;
}

bool selectdb_result(const SelectdbCall *call, Error *err)
{
    if (!call->ok)
        *err = call->err;
    return call->ok;
}

const char *selectdb_front_end_url(const SelectdbCall *call)
{
    return call->db->destination->urls[call->front_end];
}

const char *const *selectdb_headers(SelectdbCall *call, const char *const *own, bool loads)
{
    const char *group = call->db->destination->compute_group;
    size_t count = 0;
    const char **headers;

    while (own && own[count])
        count++;
    headers = ARENA_ARRAY(&call->arena, const char *, count + 3);
    for (size_t i = 0; i < count; i++)
        headers[i] = arena_strdup(&call->arena, own[i]);
    if (loads && group[0]) { /* the front end reads the first, a newer back end the second */
        headers[count++] = arena_printf(&call->arena, "cloud_cluster: %s", group);
        headers[count++] = arena_printf(&call->arena, "compute_group: %s", group);
    }
    return headers;
}

static void end_call(SelectdbCall *call, bool ok)
{
    call->ended = true;
    call->ok = ok;
    http_free(&call->request);
}

/* ---- sending ---- */

static HttpCall http_call_of(SelectdbCall *call, const char *password)
{
    const SelectdbKind *kind = call->kind;
    int silence_s = call->silence_s > 0 ? call->silence_s : kind->silence_s;

    return (HttpCall){
        .method = kind->method,
        .url = call->url
                   ? call->url
                   : arena_printf(&call->arena, "%s%s", selectdb_front_end_url(call), call->path),
        .user = kind->anonymous ? NULL : call->db->destination->user,
        .password = password,
        .headers = call->headers,
        .data = call->data,
        .body = call->body,
        .expect = kind->expect,
        .expect_ms =
            2 * silence_s * 1000, /* unasked no body is ever sent: silence ends it before */
        .silence_s = silence_s,
        .reply_max = kind->reply_max,
        .begin_by_ms = call->begin_by_ms,
    };
}

static void send_call(SelectdbCall *call)
{
    CLEANUP(password_clear) char *password = NULL;
    const char *file = call->db->destination->password_file;

    if (!call->kind->anonymous && file[0] && !password_file_read(file, &password, &call->err)) {
        error_wrap(&call->err, "destination");
        end_call(call, false);
        return;
    }
    HttpCall request = http_call_of(call, password);

    if (call->body.rewind)
        call->body.rewind(call->body.self);
    call->request = http_start(call->db->http, &request);
}

/* SQL waits for the SQL before it, also for one that makes a pause. */
static bool is_its_turn(const SelectdbCall *call)
{
    const SelectdbCall *other = call->db->calls;

    while (call->kind->one_at_a_time && other != call &&
           (other->ended || !other->kind->one_at_a_time))
        other = other->next;
    return !call->kind->one_at_a_time || other == call;
}

static void start_due_calls(Selectdb *db)
{
    int64_t now = clock_ms();

    for (SelectdbCall *call = db->calls; call; call = call->next) {
        if (!call->ended && !call->request && now >= call->not_before_ms && is_its_turn(call))
            send_call(call);
    }
}

/* ---- receiving ---- */

static void try_later(SelectdbCall *call)
{
    int64_t now = clock_ms();

    if (now >= call->patience_ms) {
        end_call(call, false);
        return;
    }
    call->not_before_ms = now + backoff_grow(&call->pause);
    call->tries = 0;
    if (!call->url && !call->pinned)
        call->front_end = (call->front_end + 1) % call->db->front_ends;
    http_free(&call->request);
}

/* A SELECT has some more chances; whoever asks for a label asks again anyway. */
static bool has_another_round(SelectdbCall *call)
{
    return call->kind->one_at_a_time && call->asks_only && ++call->rounds < ROUNDS;
}

static void try_other_front_end(SelectdbCall *call)
{
    Selectdb *db = call->db;

    if (!call->url && !call->pinned && ++call->tries < db->front_ends) {
        call->front_end = (call->front_end + 1) % db->front_ends;
        http_free(&call->request);
    } else if (has_another_round(call)) {
        try_later(call);
    } else {
        end_call(call, false);
    }
}

static void receive_call(SelectdbCall *call)
{
    switch (call->kind->read(call, http_reply(call->request))) {
    case SELECTDB_NEXT_DONE:
        if (!call->url)
            call->db->front_end = call->front_end;
        end_call(call, true);
        break;
    case SELECTDB_NEXT_FAIL:
        end_call(call, false);
        break;
    case SELECTDB_NEXT_OTHER:
        try_other_front_end(call);
        break;
    case SELECTDB_NEXT_AGAIN:
        http_free(&call->request);
        break;
    case SELECTDB_NEXT_LATER:
        try_later(call);
        break;
    }
}

void selectdb_step(Selectdb *db)
{
    http_step(db->http);
    for (SelectdbCall *call = db->calls; call; call = call->next) {
        if (call->request && http_ended(call->request))
            receive_call(call);
    }
    start_due_calls(db);
}

size_t selectdb_wait_items(const Selectdb *db, WaitItem *items, size_t most)
{
    return http_wait_items(db->http, items, most);
}

int selectdb_timeout_ms(const Selectdb *db)
{
    int timeout = http_timeout_ms(db->http);
    int64_t now = clock_ms();

    for (const SelectdbCall *call = db->calls; call; call = call->next) {
        if (call->ended || call->request || !is_its_turn(call))
            continue;
        int due = call->not_before_ms > now ? (int)(call->not_before_ms - now) : 0;

        if (timeout < 0 || due < timeout)
            timeout = due;
    }
    return timeout;
}

/* ---- blocking forms ---- */

void selectdb_set_wait(Selectdb *db, HttpWait *wait, void *self)
{
    db->wait = wait;
    db->wait_self = self;
}

bool selectdb_finish(Selectdb *db, SelectdbCall *call, Error *err)
{
    selectdb_step(db);
    while (!call->ended) {
        if (!http_round(db->http, selectdb_timeout_ms(db), db->wait, db->wait_self, err))
            return false;
        selectdb_step(db);
    }
    return selectdb_result(call, err);
}
