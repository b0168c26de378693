#include "loader/loads_internal.h"

#include "common/clock.h"
#include "common/failpoint.h"
#include "common/mem.h"

#include <inttypes.h>
#include <stdlib.h>

#define STATE(name) WALFERRY__CONTROL__INTENT_STATE__INTENT_##name

enum {
    LEASE_MS = 5000, /* longer than a grant is good for: a request that began in it is known */
    PATIENCE_MS = 60 * 1000,
};

typedef Walferry__Control__Intent Intent;

struct Settling {
    Loads *loads;
    size_t at; /* the intent that is asked for */
    SelectdbCall *asked;
    int64_t due_ms, opened_ms, failing_since_ms;
    Backoff watch;
    uint64_t written; /* the end of a cut, asked of the store; 0: nothing */
};

Settling *settling_open(Loads *loads)
{
    Settling *settling = MEM_NEW(Settling);

    settling->loads = loads;
    settling->opened_ms = clock_ms();
    settling->watch = (Backoff){.first_ms = 250, .most_ms = 5000};
    return settling;
}

void settling_close(Settling **settling)
{
    if (!*settling)
        return;
    selectdb_free(&(*settling)->asked);
    free(*settling);
    *settling = NULL;
}

static Intent *intent_at(const Settling *settling)
{
    return settling->loads->recorded.intents[settling->at];
}

static const Walferry__Model__ModelTable *table_of(const Settling *settling, uint32_t oid)
{
    const Walferry__Model__Model *model = settling->loads->target.assignment->model;

    for (size_t i = 0; model && i < model->n_tables; i++) {
        if (model->tables[i]->oid == oid && model->tables[i]->selectdb)
            return model->tables[i];
    }
    return NULL;
}

static void next(Settling *settling)
{
    settling->at++;
    settling->failing_since_ms = 0;
    settling->loads->counters.settled++;
    backoff_reset(&settling->watch);
}

/* A grant that is still good may be used by a predecessor that was stopped and goes on. */
static int64_t lease_left_ms(const Settling *settling, int64_t now_ms)
{
    const Walferry__Control__LaneState *lane = settling->loads->target.assignment->lane;
    int64_t age = lane->now_ms - intent_at(settling)->granted_ms + (now_ms - settling->opened_ms);

    return age < LEASE_MS ? LEASE_MS - (age > 0 ? age : 0) : 0;
}

static void wait_ms(Settling *settling, int64_t now_ms, int64_t ms)
{
    settling->due_ms = now_ms + ms;
}

static void on_label(Settling *settling, SelectdbLabel label, int64_t now_ms)
{
    int64_t lease = lease_left_ms(settling, now_ms);

    switch (label) {
    case SELECTDB_LABEL_COMMITTED:
    case SELECTDB_LABEL_VISIBLE:
        intent_at(settling)->state = STATE(DONE);
        settling->loads->recorded.fates[settling->at].unstored = true;
        next(settling);
        break;
    case SELECTDB_LABEL_ABORTED:
    case SELECTDB_LABEL_UNKNOWN:
        if (lease > 0) {
            wait_ms(settling, now_ms, lease);
            break;
        }
        settling->loads->recorded.fates[settling->at].aborted = label == SELECTDB_LABEL_ABORTED;
        next(settling);
        break;
    case SELECTDB_LABEL_PREPARE:
    case SELECTDB_LABEL_PRECOMMITTED:
    case SELECTDB_LABEL_UNREADABLE:
        wait_ms(settling, now_ms, backoff_grow(&settling->watch));
        break;
    }
}

static bool no_answer(Settling *settling, const Error *why, int64_t now_ms, Error *err)
{
    if (settling->failing_since_ms == 0)
        settling->failing_since_ms = now_ms;
    if (now_ms - settling->failing_since_ms >= PATIENCE_MS) {
        *err = *why;
        return error_wrap(err, "ask what has become of label %s", intent_at(settling)->label);
    }
    wait_ms(settling, now_ms, backoff_grow(&settling->watch));
    return true;
}

static bool on_answer(Settling *settling, int64_t now_ms, Error *err)
{
    SelectdbCall *call = settling->asked;
    Error why = {0};
    bool ok = selectdb_result(call, &why);
    SelectdbLabel label = ok ? selectdb_label(call) : SELECTDB_LABEL_UNREADABLE;

    settling->asked = NULL;
    selectdb_free(&call);
    if (!ok)
        return no_answer(settling, &why, now_ms, err);
    on_label(settling, label, now_ms);
    return true;
}

static bool ask(Settling *settling, Error *err)
{
    const Intent *intent = intent_at(settling);
    const Walferry__Model__ModelTable *table = table_of(settling, intent->relation_oid);

    if (!table)
        return error_set(err, ERROR_PROTOCOL,
                         "label %s is of a table that is not in the model, OID %" PRIu32,
                         intent->label, intent->relation_oid);
    (void)FAILPOINT("load.settling");
    settling->asked = selectdb_ask_label(settling->loads->target.selectdb,
                                         table->selectdb->database, intent->label);
    return true;
}

/* ---- cuts of the stream that turn out to be there as a whole ---- */

static bool same_cut(const Intent *a, const Intent *b)
{
    return !a->copy && !b->copy && a->relation_oid == b->relation_oid;
}

static bool is_whole(const Settling *settling, const Intent *of)
{
    const Recorded *recorded = &settling->loads->recorded;

    for (size_t i = 0; i < recorded->count; i++) {
        const Intent *intent = recorded->intents[i];

        if (intent && same_cut(intent, of) && intent->state == STATE(OPEN))
            return false;
    }
    return true;
}

static Intent *whole_cut(const Settling *settling)
{
    const Recorded *recorded = &settling->loads->recorded;

    for (size_t i = 0; i < recorded->count; i++) {
        Intent *intent = recorded->intents[i];

        if (intent && !intent->copy && intent->state == STATE(DONE) && is_whole(settling, intent))
            return intent;
    }
    return NULL;
}

static LoadCut cut_of(const Intent *intent)
{
    return (LoadCut){.relation_oid = intent->relation_oid,
                     .first = {intent->first->commit_lsn, intent->first->ordinal},
                     .last = {intent->last->commit_lsn, intent->last->ordinal}};
}

static void write_finish(Settling *settling, Intent *intent, int64_t now_ms)
{
    Walferry__Control__IntentWrite write = WALFERRY__CONTROL__INTENT_WRITE__INIT;

    (void)FAILPOINT("load.settled");
    write.finishes = true;
    write.cut = intent;
    settling->written = intents_ask(settling->loads->intents, &write, now_ms);
}

static void note_visibility(Settling *settling, const Intent *intent)
{
    const Walferry__Model__ModelTable *table = table_of(settling, intent->relation_oid);
    LoadCut cut = cut_of(intent);

    cut.table = table->selectdb;
    loads_note_label(settling->loads, &cut, intent->label, false);
}

static bool on_written(Settling *settling, const IntentAnswer *answer, Error *err)
{
    const Intent *intent = whole_cut(settling);
    LoadCut cut = cut_of(intent);

    settling->written = 0;
    if (!answer->done)
        return error_set(err, ERROR_TRANSIENT, "the supervisor does not take the end of a load: %s",
                         answer->reason);
    note_visibility(settling, intent);
    loads_cut_finished(settling->loads, &cut);
    return true;
}

static bool finish_whole_cuts(Settling *settling, int64_t now_ms, bool *done, Error *err)
{
    IntentAnswer answer;
    Intent *intent;

    if (settling->written)
        return !intents_answer(settling->loads->intents, settling->written, &answer) ||
               on_written(settling, &answer, err);
    intent = whole_cut(settling);
    if (intent)
        write_finish(settling, intent, now_ms);
    *done = !intent;
    return true;
}

/* What was never granted was never sent; what has come to its end stays so. */
static bool needs_no_question(const Intent *intent)
{
    return intent->state != STATE(OPEN) || intent->granted_ms == 0;
}

bool settling_step(Settling *settling, int64_t now_ms, bool *done, Error *err)
{
    if (settling->asked)
        return !selectdb_ended(settling->asked) || on_answer(settling, now_ms, err);
    while (settling->at < settling->loads->recorded.count && needs_no_question(intent_at(settling)))
        settling->at++;
    if (settling->at == settling->loads->recorded.count)
        return finish_whole_cuts(settling, now_ms, done, err);
    return now_ms < settling->due_ms || ask(settling, err);
}

int settling_timeout_ms(const Settling *settling, int64_t now_ms)
{
    if (settling->asked || settling->written)
        return -1;
    return settling->due_ms > now_ms ? (int)(settling->due_ms - now_ms) : 0;
}
