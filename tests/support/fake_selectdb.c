#include "tests/support/fake_selectdb.h"

#include "common/control.h"
#include "common/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

FakeSelectdb fake;
const char FAKE_BROKEN[] = "broken", FAKE_UNSENT[] = "unsent";

struct SelectdbCall {
    Arena arena;
    SelectdbLoadReply reply;
    SelectdbLabel label;
    bool ok;
};

static struct {
    Walferry__Control__IntentReply replies[FAKE_MOST];
    size_t count;
} answers;

static SelectdbCall *new_call(void)
{
    SelectdbCall *call = MEM_NEW(SelectdbCall);

    call->ok = true;
    return call;
}

void selectdb_step(Selectdb *db)
{
    (void)db;
}

size_t selectdb_wait_items(const Selectdb *db, WaitItem *items, size_t most)
{
    (void)db;
    (void)items;
    (void)most;
    return 0;
}

int selectdb_timeout_ms(const Selectdb *db)
{
    (void)db;
    return -1;
}

bool selectdb_ended(const SelectdbCall *call)
{
    (void)call;
    return true;
}

bool selectdb_result(const SelectdbCall *call, Error *err)
{
    return call->ok || error_set(err, ERROR_CONNECTION, "the connection broke");
}

void selectdb_free(SelectdbCall **call)
{
    if (!*call)
        return;
    arena_done(&(*call)->arena);
    free(*call);
    *call = NULL;
}

SelectdbCall *selectdb_resolve(Selectdb *db, const char *database, const char *table,
                               const char *const *headers)
{
    (void)db;
    (void)database;
    (void)table;
    (void)headers;
    return new_call();
}

const SelectdbBackend *selectdb_backend(const SelectdbCall *call)
{
    static const SelectdbBackend BACKEND = {"be:8040", "http://be:8040"};

    (void)call;
    return &BACKEND;
}

static void note(char (*list)[FAKE_TEXT], size_t *count, const char *text)
{
    if (*count < FAKE_MOST)
        snprintf(list[(*count)++], FAKE_TEXT, "%s", text);
}

static const char *next_reply(void)
{
    size_t at = fake.sent_count <= fake.reply_count ? fake.sent_count : fake.reply_count;

    return fake.replies[at - 1];
}

static void read_body(HttpBody body)
{
    size_t length = 0, got;

    while ((got = body.read(body.self, fake.body + length, 1024)) > 0)
        length += got;
    fake.body[length] = '\0';
}

SelectdbCall *selectdb_put(Selectdb *db, const SelectdbBackend *backend, const char *const *headers,
                           HttpBody body, int64_t begin_by_ms)
{
    SelectdbCall *call = new_call();
    const char *reply;

    (void)db;
    (void)backend;
    (void)begin_by_ms;
    for (; *headers; headers++) {
        if (strncmp(*headers, "label: ", 7) == 0)
            note(fake.sent, &fake.sent_count, *headers + 7);
    }
    read_body(body);
    reply = next_reply();
    call->ok = reply != FAKE_BROKEN && reply != FAKE_UNSENT;
    call->reply.state = reply == FAKE_UNSENT   ? HTTP_UNSENT
                        : reply == FAKE_BROKEN ? HTTP_BROKEN
                                               : HTTP_REPLIED;
    selectdb_reply_read(call->ok ? str_of(reply) : (Str){"", 0}, &call->arena, &call->reply.reply);
    return call;
}

const SelectdbLoadReply *selectdb_load_reply(const SelectdbCall *call)
{
    return &call->reply;
}

SelectdbCall *selectdb_ask_label(Selectdb *db, const char *database, const char *label)
{
    SelectdbCall *call = new_call();

    (void)db;
    (void)database;
    note(fake.asked, &fake.asked_count, label);
    size_t at = fake.asked_count <= fake.label_count ? fake.asked_count : fake.label_count;
    call->label = at > 0 ? fake.labels[at - 1] : SELECTDB_LABEL_UNKNOWN;
    return call;
}

SelectdbLabel selectdb_label(const SelectdbCall *call)
{
    return call->label;
}

SelectdbCall *selectdb_sql(Selectdb *db, const char *database, const char *statement)
{
    (void)db;
    (void)database;
    snprintf(fake.sql, sizeof fake.sql, "%s", statement);
    return new_call();
}

const SelectdbRows *selectdb_rows(const SelectdbCall *call)
{
    static const SelectdbRows ROWS = {1, 1, NULL, NULL};

    (void)call;
    return &ROWS;
}

SelectdbValue selectdb_value(const SelectdbRows *rows, size_t row, const char *column)
{
    (void)rows;
    (void)row;
    (void)column;
    return (SelectdbValue){.text = str_of(fake.count)};
}

SelectdbCall *selectdb_ask_reason(Selectdb *db, const char *error_url)
{
    (void)db;
    (void)error_url;
    return new_call();
}

const char *selectdb_reason_text(const SelectdbCall *call)
{
    (void)call;
    return fake.reason ? fake.reason : "";
}

/* ---- the supervisor ---- */

static void store(const Walferry__Control__IntentWrite *write)
{
    char line[FAKE_TEXT];

    fake.writes++;
    for (size_t i = 0; i < write->n_puts; i++) {
        snprintf(line, sizeof line, "%.150s %d", write->puts[i]->label, (int)write->puts[i]->state);
        note(fake.puts, &fake.put_count, line);
    }
    if (write->grant[0])
        note(fake.grants, &fake.grant_count, write->grant);
    fake.finishes += write->finishes ? 1 : 0;
}

void stage_say(Stage *stage, const Walferry__Control__ControlMessage *message)
{
    const Walferry__Control__IntentWrite *write = message->intent_write;
    Walferry__Control__IntentReply *reply = &answers.replies[answers.count++ % FAKE_MOST];

    (void)stage;
    walferry__control__intent_reply__init(reply);
    reply->number = write->number;
    reply->later = fake.later;
    reply->chunk_is_done = fake.chunk_is_done;
    reply->done = !fake.deny && !fake.later && !fake.chunk_is_done;
    reply->reason = (char *)(uintptr_t)(fake.deny ? "fenced off" : "");
    reply->lease_ms = 5000;
    reply->copied_rows = fake.copied_rows;
    fake.later = fake.chunk_is_done = false;
    if (reply->done)
        store(write);
}

void fake_supervisor_answers(Loads *loads)
{
    for (size_t i = 0; i < answers.count; i++)
        loads_hear(loads, &answers.replies[i]);
    answers.count = 0;
}
