#include "loader/loads_internal.h"

#include "common/clock.h"
#include "common/failpoint.h"
#include "common/mem.h"
#include "common/selectdb_sql.h"
#include "common/sql_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define STATE(name) WALFERRY__CONTROL__INTENT_STATE__INTENT_##name

enum {
    HELD_MS = 200,
    PATIENCE_MS = 60 * 1000,           /* with a destination that cannot be reached */
    LONG_PATIENCE_MS = 60 * 60 * 1000, /* with one that has too much to do */
};

typedef Walferry__Control__Intent Intent;
typedef Walferry__Control__IntentWrite IntentWrite;

/* ---- what is asked of the store ---- */

typedef struct IntentList {
    Intent *intents;
    Intent **list;
    Walferry__Change__Position *positions;
    size_t count;
} IntentList;

static void list_intents(const Load *load, Arena *arena, IntentList *out)
{
    size_t most = load->items.count + 1;

    out->intents = ARENA_ARRAY(arena, Intent, most);
    out->list = ARENA_ARRAY(arena, Intent *, most);
    out->positions = ARENA_ARRAY(arena, Walferry__Change__Position, 2 * most);
    for (size_t i = 0; i < load->items.count; i++) {
        const LoadItem *item = &load->items.items[i];

        if (item->stored)
            continue;
        load_item_intent(&load->items, item, &out->positions[2 * out->count],
                         &out->positions[2 * out->count + 1], &out->intents[out->count]);
        out->list[out->count] = &out->intents[out->count];
        out->count++;
    }
}

/* What is not stored yet goes with it. */
static void ask_store(Load *load, IntentWrite *write, int64_t now_ms)
{
    CLEANUP(arena_done) Arena arena = {0};
    IntentList puts = {0};

    list_intents(load, &arena, &puts);
    write->puts = puts.list;
    write->n_puts = puts.count;
    load->asked = intents_ask(load->lane->intents, write, now_ms);
}

static void ask_grant(Load *load, int64_t now_ms)
{
    IntentWrite write = WALFERRY__CONTROL__INTENT_WRITE__INIT;

    (void)FAILPOINT("load.before_grant");
    write.grant = load_items_next(&load->items)->label;
    load->life = LIFE_GRANTING;
    ask_store(load, &write, now_ms);
}

static void ask_finish(Load *load, int64_t now_ms)
{
    IntentWrite write = WALFERRY__CONTROL__INTENT_WRITE__INIT;
    Intent cut = WALFERRY__CONTROL__INTENT__INIT;
    Walferry__Change__Position first, last;
    LoadItem none = {0};

    (void)FAILPOINT("load.before_finish");
    load_item_intent(&load->items, &none, &first, &last, &cut);
    write.finishes = !load->cut.more;
    if (write.finishes)
        write.cut = &cut;
    write.attempt = load->cut.attempt;
    write.copied_rows = load->cut.copied_rows;
    write.copied_bytes = load->cut.copied_bytes;
    load->finishing = true;
    ask_store(load, &write, now_ms);
}

static void all_are_stored(Load *load)
{
    for (size_t i = 0; i < load->items.count; i++)
        load->items.items[i].stored = true;
}

/* ---- failures that may pass ---- */

static int64_t patience_ms(const Load *load)
{
    bool busy = load->said.cause == SELECTDB_CAUSE_VERSIONS ||
                load->said.cause == SELECTDB_CAUSE_TRANSACTIONS ||
                load->said.cause == SELECTDB_CAUSE_MEMORY;

    return busy ? LONG_PATIENCE_MS : PATIENCE_MS;
}

static void name_cut(const Load *load, Error *err)
{
    char last[POSITION_TEXT_MAX], first[POSITION_TEXT_MAX];

    error_object(err, "%s", load->cut.name);
    if (load->cut.copy)
        error_position(err, "chunk %" PRIu32 " of the copy", load->cut.chunk);
    else
        error_position(err, "%.30s to %.30s", position_format(load->cut.first, first),
                       position_format(load->cut.last, last));
}

/* The series of failures began at the first of them. */
static bool out_of_patience(Load *load, int64_t now_ms, Error *err)
{
    if (load->failing_since_ms == 0)
        load->failing_since_ms = now_ms;
    if (now_ms - load->failing_since_ms < patience_ms(load))
        return false;
    *err = load->said_err;
    if (err->kind != ERROR_CONNECTION)
        err->kind = ERROR_TRANSIENT;
    name_cut(load, err);
    return true;
}

static bool rest(Load *load, int64_t now_ms, Error *err)
{
    bool versions = load->said.cause == SELECTDB_CAUSE_VERSIONS;

    if (versions) {
        load->verdict.versions++;
        load->lane->counters.versions++;
    }
    load->due_ms = now_ms + backoff_grow(versions ? &load->versions : &load->rest);
    return !out_of_patience(load, now_ms, err);
}

/* ---- from state to state ---- */

static LifeLoad life_load(const Load *load, const LoadItem *item)
{
    return (LifeLoad){
        .said = load->said, .duplicate = !load->cut.table->unique, .one_row = item->rows == 1};
}

static bool go_on(Load *load, int64_t now_ms, Error *err);

static bool all_stored(const Load *load)
{
    for (size_t i = 0; i < load->items.count; i++) {
        if (!load->items.items[i].stored)
            return false;
    }
    return true;
}

/* A piece of a chunk whose loads a predecessor has brought home needs no word. */
static void end_items(Load *load, int64_t now_ms)
{
    if (load->cut.more && all_stored(load))
        load->verdict.state = LOAD_DONE;
    else
        ask_finish(load, now_ms);
}

static bool begin_item(Load *load, int64_t now_ms, Error *err)
{
    LoadItem *item = load_items_next(&load->items);

    load->said = (LifeSaid){0};
    load->failing_since_ms = 0;
    if (!item) {
        end_items(load, now_ms);
        return true;
    }
    load->life = item->sent ? LIFE_ASKING : LIFE_GRANTING;
    return go_on(load, now_ms, err);
}

static bool item_is_there(Load *load, int64_t now_ms, Error *err)
{
    LoadItem *item = load_items_next(&load->items);
    bool visible = load->stream && stream_load_end(load->stream)->visible;

    (void)FAILPOINT("load.there");
    item->state = STATE(DONE);
    item->stored = false;
    load->lane->counters.rows += item->rows;
    loads_note_label(load->lane, &load->cut, item->label, visible);
    return begin_item(load, now_ms, err);
}

static bool item_is_out(Load *load, int64_t now_ms, Error *err)
{
    LoadItem *item = load_items_next(&load->items);

    if (item->rows > 1) {
        load->lane->counters.splits++;
        load_items_halve(&load->items, item);
        return begin_item(load, now_ms, err);
    }
    if (load->reason[0] == '\0' && load->error_url) {
        load->call = selectdb_ask_reason(load->lane->target.selectdb, load->error_url);
        return true;
    }
    load->verdict.state = LOAD_REFUSED;
    load->verdict.row = item->first_row;
    snprintf(load->verdict.reason, sizeof load->verdict.reason, "%.511s",
             load->reason[0] ? load->reason : load->said_err.message);
    return true;
}

static void start_sending(Load *load)
{
    LoadItem *item = load_items_next(&load->items);
    const StreamLoadRequest request = {.table = load->cut.table,
                                       .label = item->label,
                                       .part = item->part,
                                       .first_row = item->first_row,
                                       .rows = item->rows,
                                       .timezone = load->lane->target.timezone,
                                       .body = load->cut.body,
                                       .good_until_ms = load->good_until_ms};

    load->lane->counters.loads++;
    load->lane->counters.again += item->sent;
    item->sent = true;
    stream_load_free(&load->stream);
    load->stream = stream_load_start(load->lane->target.selectdb, &request);
}

static void ask_label(Load *load)
{
    LoadItem *item = load_items_next(&load->items);

    load->call =
        selectdb_ask_label(load->lane->target.selectdb, load->cut.table->database, item->label);
}

/* Rows of the copy bear record id 0: of them all, those of chunks and loads before are known. */
static void ask_count(Load *load)
{
    LoadItem *item = load_items_next(&load->items);
    CLEANUP(bytes_done) Bytes sql = {0};
    uint64_t first = 0, last = 0;

    if (!load->cut.copy)
        load->cut.body->verbs->record_ids(load->cut.body, item->first_row, item->rows, &first,
                                          &last);
    sql_add(&sql, "SELECT count(*) AS n FROM ");
    selectdb_sql_table(&sql, str_of(load->cut.table->database), str_of(load->cut.table->table));
    sql_add(&sql, " WHERE `_record_id` BETWEEN %" PRIu64 " AND %" PRIu64, first, last);
    load->call =
        selectdb_sql(load->lane->target.selectdb, load->cut.table->database, sql_text(&sql));
}

/* What a state begins with. */
static bool go_on(Load *load, int64_t now_ms, Error *err)
{
    switch (load->life) {
    case LIFE_GRANTING:
        ask_grant(load, now_ms);
        return true;
    case LIFE_HELD:
        load->due_ms = now_ms + HELD_MS;
        return true;
    case LIFE_SENDING:
        start_sending(load);
        return true;
    case LIFE_ASKING:
        (void)FAILPOINT("load.before_ask");
        ask_label(load);
        return true;
    case LIFE_WATCHING:
        load->due_ms = now_ms + backoff_grow(&load->watch);
        return true;
    case LIFE_COUNTING:
        (void)FAILPOINT("load.before_count");
        ask_count(load);
        return true;
    case LIFE_RESTING:
        return rest(load, now_ms, err);
    case LIFE_THERE:
        return item_is_there(load, now_ms, err);
    case LIFE_OUT:
        return item_is_out(load, now_ms, err);
    case LIFE_SPENT:
        load_items_renew(&load->items, load_items_next(&load->items));
        return begin_item(load, now_ms, err);
    case LIFE_FAILED:
    case LIFE_STATE_COUNT:
        break;
    }
    *err = load->said_err;
    name_cut(load, err);
    return false;
}

static bool happened(Load *load, LifeEvent event, int64_t now_ms, Error *err)
{
    if (!life_next(load->life, event, &load->life))
        return error_set(err, ERROR_PROTOCOL, "a load in state %d met event %d", (int)load->life,
                         (int)event);
    return go_on(load, now_ms, err);
}

/* ---- what comes back ---- */

static bool denied(const Load *load, const IntentAnswer *answer, Error *err)
{
    error_set(err, ERROR_TRANSIENT, "the supervisor does not allow a load: %s",
              answer->reason[0] ? answer->reason : "no reason said");
    name_cut(load, err);
    return false;
}

static void finished(Load *load)
{
    (void)FAILPOINT("load.finished");
    load->verdict.state = LOAD_DONE;
    if (!load->cut.more)
        loads_cut_finished(load->lane, &load->cut);
}

static bool on_answer(Load *load, const IntentAnswer *answer, int64_t now_ms, Error *err)
{
    load->asked = 0;
    if (answer->chunk_is_done) {
        load->verdict.state = load->finishing ? LOAD_DONE : LOAD_CHUNK_DONE;
        return true;
    }
    if (answer->later && load->finishing) { /* it waits for its table to start again, and its end */
        load->due_ms = now_ms + HELD_MS;
        return true;
    }
    if (answer->later)
        return happened(load, LIFE_LATER, now_ms, err);
    if (!answer->done)
        return denied(load, answer, err);
    all_are_stored(load);
    if (load->finishing) {
        finished(load);
        return true;
    }
    (void)FAILPOINT("load.granted");
    load->good_until_ms = answer->good_until_ms;
    load->copied_rows = answer->copied_rows;
    return happened(load, LIFE_GRANTED, now_ms, err);
}

static void note_end(Load *load, const StreamLoadEnd *end)
{
    load->said = end->said;
    load->said_err = end->err;
    snprintf(load->reason, sizeof load->reason, "%s", end->reason);
    free(load->error_url);
    load->error_url = end->error_url ? mem_strdup(end->error_url) : NULL;
    load->lane->counters.bytes += end->bytes;
    load->lane->counters.doubts += end->event == LIFE_DOUBTFUL;
}

static bool on_stream(Load *load, int64_t now_ms, Error *err)
{
    const StreamLoadEnd *end = stream_load_end(load->stream);

    note_end(load, end);
    return happened(load, end->event, now_ms, err);
}

static bool count_is_wrong(Load *load, uint64_t found, const LoadItem *item, Error *err)
{
    error_set(err, ERROR_DATA,
              "of the %" PRIu64 " rows loaded under label %s, whose fate the destination has "
              "forgotten, it has %" PRIu64,
              item->rows, item->label, found);
    name_cut(load, err);
    return error_hint(err, "%s",
                      load->cut.copy
                          ? "release the task, empty the table and copy anew"
                          : "compare the table's rows of these _record_ids with the source");
}

static bool on_count(Load *load, int64_t now_ms, Error *err)
{
    LoadItem *item = load_items_next(&load->items);
    LifeLoad life = life_load(load, item);
    uint64_t found, before = load->cut.copy ? load->copied_rows + item->first_row : 0;
    LifeEvent event;

    found = strtoull(selectdb_value(selectdb_rows(load->call), 0, "n").text.data, NULL, 10);
    if (found < before || !life_of_count(&life, found - before, item->rows, &event))
        return count_is_wrong(load, found < before ? 0 : found - before, item, err);
    return happened(load, event, now_ms, err);
}

static LifeEvent event_of_label(Load *load)
{
    LifeLoad life = life_load(load, load_items_next(&load->items));

    return life_of_label(&life, selectdb_label(load->call));
}

static bool on_reason(Load *load, int64_t now_ms, Error *err)
{
    snprintf(load->reason, sizeof load->reason, "%s", selectdb_reason_text(load->call));
    free(load->error_url);
    load->error_url = NULL;
    return item_is_out(load, now_ms, err);
}

/* An answer that cannot be had is asked for again, for as long as patience lasts. */
static bool no_answer(Load *load, const Error *why, int64_t now_ms, Error *err)
{
    load->said_err = *why;
    return !out_of_patience(load, now_ms, err) && happened(load, LIFE_UNTOLD, now_ms, err);
}

static bool on_call(Load *load, int64_t now_ms, Error *err)
{
    Error why = {0};
    bool ok = selectdb_result(load->call, &why), went;

    if (load->life == LIFE_OUT)
        went = on_reason(load, now_ms, err);
    else if (!ok)
        went = no_answer(load, &why, now_ms, err);
    else if (load->life == LIFE_COUNTING)
        went = on_count(load, now_ms, err);
    else
        went = happened(load, event_of_label(load), now_ms, err);
    return went;
}

static bool step_call(Load *load, int64_t now_ms, Error *err)
{
    SelectdbCall *call = load->call;

    if (!selectdb_ended(call))
        return true;
    bool went = on_call(load, now_ms, err);
    if (load->call == call)
        load->call = NULL;
    selectdb_free(&call);
    return went;
}

static bool is_pausing(const Load *load)
{
    return !load->asked && !load->call &&
           (load->finishing || load->life == LIFE_HELD || load->life == LIFE_WATCHING ||
            load->life == LIFE_RESTING);
}

static bool on_due(Load *load, int64_t now_ms, Error *err)
{
    if (load->finishing) {
        ask_finish(load, now_ms);
        return true;
    }
    return happened(load, LIFE_DUE, now_ms, err);
}

bool load_step(Load *load, int64_t now_ms, Error *err)
{
    IntentAnswer answer;

    if (load->verdict.state != LOAD_UNDER_WAY)
        return true;
    if (load->asked)
        return !intents_answer(load->lane->intents, load->asked, &answer) ||
               on_answer(load, &answer, now_ms, err);
    if (load->call)
        return step_call(load, now_ms, err);
    if (is_pausing(load))
        return now_ms < load->due_ms || on_due(load, now_ms, err);
    return load->life != LIFE_SENDING || !stream_load_step(load->stream) ||
           on_stream(load, now_ms, err);
}

int load_timeout_ms(const Load *load, int64_t now_ms)
{
    if (load->verdict.state != LOAD_UNDER_WAY || !is_pausing(load))
        return -1;
    return load->due_ms > now_ms ? (int)(load->due_ms - now_ms) : 0;
}

/* ---- start and end ---- */

static size_t records_of(const Loads *loads, const LoadCut *cut, Intent **out, LoadFate *fates)
{
    size_t count = 0;

    for (size_t i = 0; i < loads->recorded.count; i++) {
        Intent *intent = loads->recorded.intents[i];

        if (!intent || intent->relation_oid != cut->relation_oid || intent->copy != cut->copy ||
            (cut->copy && intent->chunk != cut->chunk))
            continue;
        out[count] = intent;
        fates[count++] = loads->recorded.fates[i];
    }
    return count;
}

static bool same_range(const LoadCut *cut, const Intent *intent)
{
    return intent->first->commit_lsn == cut->first.commit_lsn &&
           intent->first->ordinal == cut->first.ordinal &&
           intent->last->commit_lsn == cut->last.commit_lsn &&
           intent->last->ordinal == cut->last.ordinal;
}

static bool make_items(Load *load, Error *err)
{
    CLEANUP(arena_done) Arena arena = {0};
    Loads *loads = load->lane;
    Intent **records = ARENA_ARRAY(&arena, Intent *, loads->recorded.count + 1);
    LoadFate *fates = ARENA_ARRAY(&arena, LoadFate, loads->recorded.count + 1);
    size_t count = records_of(loads, &load->cut, records, fates);
    const LoadName name = {loads->target.assignment->task_uuid, loads->target.assignment->number};

    if (count > 0 && !load->cut.copy && !same_range(&load->cut, records[0])) {
        error_set(err, ERROR_PROTOCOL, "another cut of the table is open: label %s",
                  records[0]->label);
        name_cut(load, err);
        return false;
    }
    return load_items_make(&load->items, &load->cut, name, records, fates, count, err);
}

bool loads_start(Loads *loads, const LoadCut *cut, Load **out, Error *err)
{
    Load *load = MEM_NEW(Load);
    int64_t now = clock_ms();

    load->lane = loads;
    load->cut = *cut;
    load->watch = (Backoff){.first_ms = 500, .most_ms = 5000};
    load->rest = (Backoff){.first_ms = 200, .most_ms = 10 * 1000};
    load->versions = (Backoff){.first_ms = 5000, .most_ms = 5 * 60 * 1000};
    load->started_ms = now;
    if (!make_items(load, err)) {
        free(load);
        return false;
    }
    load->items.cut = &load->cut;
    load->next = loads->loads;
    loads->loads = load;
    *out = load;
    return begin_item(load, now, err);
}

LoadVerdict load_verdict(const Load *load)
{
    return load->verdict;
}

void load_end(Load **out)
{
    Load *load = *out, **at;

    if (!load)
        return;
    for (at = &load->lane->loads; *at != load;)
        at = &(*at)->next;
    *at = load->next;
    bool chunk_ends = load->verdict.state == LOAD_CHUNK_DONE ||
                      (load->verdict.state == LOAD_DONE && !load->cut.more);
    if (load->cut.copy && !chunk_ends)
        loads_remember(load->lane, &load->items);
    stream_load_free(&load->stream);
    selectdb_free(&load->call);
    load_items_done(&load->items);
    free(load->error_url);
    free(load);
    *out = NULL;
}
