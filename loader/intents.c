#include "loader/intents.h"

#include "common/control.h"
#include "common/mem.h"

#include <stdio.h>
#include <stdlib.h>

enum { AGAIN_MS = 5000 };

typedef struct Asked {
    struct Asked *next;
    uint64_t number;
    Frame *message;
    int64_t asked_ms, sent_ms;
    bool answered;
    IntentAnswer answer;
} Asked;

struct Intents {
    Stage *stage;
    uint64_t generation, last_number;
    Asked *asked; /* few: one of each cut under way */
};

Intents *intents_open(Stage *stage, uint64_t generation)
{
    Intents *intents = MEM_NEW(Intents);

    intents->stage = stage;
    intents->generation = generation;
    return intents;
}

static void forget(Asked **at)
{
    Asked *asked = *at;

    *at = asked->next;
    frame_unref(&asked->message);
    free(asked);
}

void intents_close(Intents **intents)
{
    if (!*intents)
        return;
    while ((*intents)->asked)
        forget(&(*intents)->asked);
    free(*intents);
    *intents = NULL;
}

uint64_t intents_ask(Intents *intents, Walferry__Control__IntentWrite *write, int64_t now_ms)
{
    Asked *asked = MEM_NEW(Asked);

    write->generation = intents->generation;
    write->number = asked->number = ++intents->last_number;
    const ControlMessage message = CONTROL_MESSAGE(INTENT_WRITE, intent_write, write);
    asked->message = control_pack(&message);
    asked->asked_ms = asked->sent_ms = now_ms;
    asked->next = intents->asked;
    intents->asked = asked;
    stage_say(intents->stage, &message);
    return asked->number;
}

static Asked **find(Intents *intents, uint64_t number)
{
    Asked **at = &intents->asked;

    while (*at && (*at)->number != number)
        at = &(*at)->next;
    return at;
}

bool intents_answer(Intents *intents, uint64_t number, IntentAnswer *out)
{
    Asked **at = find(intents, number);

    if (!*at || !(*at)->answered)
        return false;
    *out = (*at)->answer;
    forget(at);
    return true;
}

void intents_hear(Intents *intents, const Walferry__Control__IntentReply *reply)
{
    Asked *asked = *find(intents, reply->number);

    if (!asked || asked->answered)
        return;
    asked->answered = true;
    asked->answer = (IntentAnswer){.done = reply->done,
                                   .later = reply->later,
                                   .chunk_is_done = reply->chunk_is_done,
                                   .good_until_ms = asked->asked_ms + reply->lease_ms,
                                   .copied_rows = reply->copied_rows};
    snprintf(asked->answer.reason, sizeof asked->answer.reason, "%s", reply->reason);
}

static void send_again(Intents *intents, Asked *asked, int64_t now_ms)
{
    CLEANUP(control_free) ControlMessage *message = NULL;
    Error ignored = {0}; /* it is our own message */

    if (control_unpack(frame_str(asked->message), &message, &ignored))
        stage_say(intents->stage, message);
    asked->sent_ms = now_ms;
}

void intents_step(Intents *intents, int64_t now_ms)
{
    for (Asked *asked = intents->asked; asked; asked = asked->next) {
        if (!asked->answered && now_ms - asked->sent_ms >= AGAIN_MS)
            send_again(intents, asked, now_ms);
    }
}
