#include "store/intent_rules.h"

#include "common/compiler.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define STATE(name) WALFERRY__CONTROL__INTENT_STATE__INTENT_##name

typedef Walferry__Control__Intent Intent;
typedef Walferry__Control__IntentWrite IntentWrite;

typedef struct Judgement {
    const IntentFacts *facts;
    const IntentWrite *write;
    const Intent *cut; /* that it is about */
    char *reason;
} Judgement;

static Position position_of(const Walferry__Change__Position *position)
{
    return position ? (Position){position->commit_lsn, position->ordinal} : (Position){0, 0};
}

static bool same_position(const Walferry__Change__Position *a, const Walferry__Change__Position *b)
{
    return position_compare(position_of(a), position_of(b)) == 0;
}

bool intent_same_cut(const Intent *a, const Intent *b)
{
    if (a->relation_oid != b->relation_oid || a->copy != b->copy)
        return false;
    return a->copy ? a->chunk == b->chunk
                   : same_position(a->first, b->first) && same_position(a->last, b->last);
}

static bool same_content(const Intent *a, const Intent *b)
{
    return intent_same_cut(a, b) && a->first_row == b->first_row && a->rows == b->rows &&
           a->column_set == b->column_set && a->checksum == b->checksum && a->attempt == b->attempt;
}

PRINTF_LIKE(2, 3)
static IntentRuling never(const Judgement *j, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(j->reason, INTENT_REASON_MAX, format, args);
    va_end(args);
    return INTENT_NEVER;
}

static const Intent *known_by_label(const Judgement *j, const char *label)
{
    for (size_t i = 0; i < j->facts->known_count; i++) {
        if (strcmp(j->facts->known[i].intent.label, label) == 0)
            return &j->facts->known[i].intent;
    }
    return NULL;
}

static const Intent *put_by_label(const Judgement *j, const char *label)
{
    for (size_t i = 0; i < j->write->n_puts; i++) {
        if (strcmp(j->write->puts[i]->label, label) == 0)
            return j->write->puts[i];
    }
    return NULL;
}

/* As it will be when this is written. */
static const Intent *by_label(const Judgement *j, const char *label)
{
    const Intent *put = put_by_label(j, label);

    return put ? put : known_by_label(j, label);
}

/* The cut that the write is about; one only. */
static IntentRuling find_cut(Judgement *j)
{
    const IntentWrite *write = j->write;

    j->cut = write->finishes     ? write->cut
             : write->n_puts > 0 ? write->puts[0]
                                 : known_by_label(j, write->grant);
    if (!j->cut)
        return never(j, "it names no cut");
    for (size_t i = 0; i < write->n_puts; i++) {
        if (!intent_same_cut(write->puts[i], j->cut))
            return never(j, "it is about two cuts");
    }
    return INTENT_ALLOWED;
}

static IntentRuling judge_generation(Judgement *j)
{
    if (j->write->generation == j->facts->generation)
        return INTENT_ALLOWED;
    return never(j, "fenced off: another loader has taken over lane %" PRIu32, j->facts->lane);
}

static IntentRuling judge_place(Judgement *j)
{
    Position first = position_of(j->cut->first), last = position_of(j->cut->last);

    if (j->cut->copy && j->facts->chunk_done)
        return INTENT_CHUNK_DONE;
    if (j->cut->copy)
        return j->facts->chunk_exists
                   ? INTENT_ALLOWED
                   : never(j, "chunk %" PRIu32 " is not to be copied any more", j->cut->chunk);
    if (position_compare(first, last) > 0)
        return never(j, "a cut that ends before it begins");
    if (j->write->finishes && position_compare(last, j->facts->reached) <= 0)
        return INTENT_ALLOWED; /* asked for once more: the answer was lost */
    if (position_compare(first, j->facts->reached) <= 0)
        return never(j, "what it begins with is durable already");
    return INTENT_ALLOWED;
}

/* Of a duplicate table one cut, whichever lane has it; else one in each lane. */
static IntentRuling judge_others(Judgement *j)
{
    for (size_t i = 0; i < j->facts->known_count; i++) {
        const StoreIntent *known = &j->facts->known[i];

        if (intent_same_cut(&known->intent, j->cut))
            continue;
        if (known->lane != j->facts->lane && !j->facts->duplicate)
            continue;
        if (j->cut->copy || known->lane != j->facts->lane)
            return INTENT_LATER;
        return never(j, "another cut of the table is not finished: label %s", known->intent.label);
    }
    return INTENT_ALLOWED;
}

static bool overlap(const Intent *a, const Intent *b)
{
    return a->first_row < b->first_row + b->rows && b->first_row < a->first_row + a->rows;
}

/* No two loads for the same rows, unless one of them is out for good. */
static const Intent *rival(const Judgement *j, const Intent *put)
{
    for (size_t i = 0; i < j->facts->known_count; i++) {
        const Intent *known = by_label(j, j->facts->known[i].intent.label);

        if (strcmp(known->label, put->label) != 0 && known->state != STATE(REFUSED) &&
            intent_same_cut(known, put) && overlap(known, put))
            return known;
    }
    for (size_t i = 0; i < j->write->n_puts; i++) {
        const Intent *other = j->write->puts[i];

        if (other != put && other->state != STATE(REFUSED) && overlap(other, put))
            return other;
    }
    return NULL;
}

static IntentRuling judge_put(Judgement *j, const Intent *put)
{
    const Intent *known = known_by_label(j, put->label);

    if (put->label[0] == '\0' || put->rows == 0)
        return never(j, "a load without label or rows");
    if (known && !same_content(known, put))
        return never(j, "label %s stands for other rows already", put->label);
    if (known && known->state != STATE(OPEN) && known->state != put->state)
        return never(j, "label %s has come to its end already", put->label);
    if (put->state == STATE(REFUSED))
        return INTENT_ALLOWED;
    const Intent *other = rival(j, put);
    return other ? never(j, "labels %s and %s are for the same rows", put->label, other->label)
                 : INTENT_ALLOWED;
}

static IntentRuling judge_puts(Judgement *j)
{
    IntentRuling ruling = INTENT_ALLOWED;

    for (size_t i = 0; i < j->write->n_puts && ruling == INTENT_ALLOWED; i++)
        ruling = judge_put(j, j->write->puts[i]);
    return ruling;
}

static IntentRuling judge_grant(Judgement *j)
{
    const Intent *intent;

    if (j->write->grant[0] == '\0')
        return INTENT_ALLOWED;
    intent = by_label(j, j->write->grant);
    if (!intent || !intent_same_cut(intent, j->cut))
        return never(j, "label %s is not known", j->write->grant);
    if (intent->state != STATE(OPEN))
        return never(j, "label %s has come to its end already", j->write->grant);
    return INTENT_ALLOWED;
}

/* What was never sent cannot be there. */
static IntentRuling judge_finish(Judgement *j)
{
    if (!j->write->finishes)
        return INTENT_ALLOWED;
    for (size_t i = 0; i < j->facts->known_count; i++) {
        const Intent *known = by_label(j, j->facts->known[i].intent.label);

        if (intent_same_cut(known, j->cut) && known->state == STATE(OPEN) &&
            j->facts->known[i].intent.granted_ms == 0)
            return never(j, "label %s was never sent", known->label);
    }
    return INTENT_ALLOWED;
}

IntentRuling intent_rules_judge(const IntentFacts *facts, const IntentWrite *write,
                                char reason[INTENT_REASON_MAX])
{
    static IntentRuling (*const RULES[])(Judgement *) = {
        judge_generation, find_cut,    judge_place,  judge_others,
        judge_puts,       judge_grant, judge_finish,
    };
    Judgement j = {.facts = facts, .write = write, .reason = reason};
    IntentRuling ruling = INTENT_ALLOWED;

    reason[0] = '\0';
    for (size_t i = 0; i < COUNT_OF(RULES) && ruling == INTENT_ALLOWED; i++)
        ruling = RULES[i](&j);
    return ruling;
}
