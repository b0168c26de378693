/*
 * intents - what is asked of the supervisor's store before and after a load, and its answers.
 *
 * A request is sent, and sent again when no answer comes: the supervisor takes the same one twice.
 * A grant is good for as long as its answer says, counted from when it was asked for, so that a
 * process that was stopped meanwhile sends nothing that its successor does not know of.
 */
#pragma once

#include "common/stage.h"

typedef struct Intents Intents;

typedef struct IntentAnswer {
    bool done;             /* it is on disk */
    bool later;            /* ask again */
    bool chunk_is_done;    /* by somebody before */
    char reason[320];      /* none of them: it will never be */
    int64_t good_until_ms; /* a grant: clock_ms() */
    uint64_t copied_rows;  /* copy: of the table's finished chunks */
} IntentAnswer;

/* Borrows stage. */
Intents *intents_open(Stage *stage, uint64_t generation);
void intents_close(Intents **intents);

/* Sends it, with generation and number filled in. Gives the number. */
uint64_t intents_ask(Intents *intents, Walferry__Control__IntentWrite *write, int64_t now_ms);

/* True when it is answered, which is forgotten then. */
bool intents_answer(Intents *intents, uint64_t number, IntentAnswer *out);

/* From the control handler. */
void intents_hear(Intents *intents, const Walferry__Control__IntentReply *reply);

/* Asks again what is old. */
void intents_step(Intents *intents, int64_t now_ms);
