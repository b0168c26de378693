/*
 * fake_selectdb - common/selectdb.h as loads use it, and a supervisor that stores what is asked,
 * both as a test says. Every answer is there at once. Linked instead of the real ones.
 */
#pragma once

#include "common/selectdb.h"
#include "common/stage.h"
#include "loader/load.h"

enum { FAKE_MOST = 64, FAKE_TEXT = 192 };

typedef struct FakeSelectdb {
    /* what is answered, one after the other; the last stays */
    const char *replies[FAKE_MOST]; /* JSON; FAKE_BROKEN, FAKE_UNSENT */
    size_t reply_count;
    SelectdbLabel labels[FAKE_MOST];
    size_t label_count;
    const char *count;               /* of SELECT count(*) */
    const char *reason;              /* at an ErrorURL */
    bool deny, later, chunk_is_done; /* the supervisor; later and chunk_is_done: once */

    /* what was done */
    char sent[FAKE_MOST][FAKE_TEXT]; /* labels */
    size_t sent_count;
    char body[4096]; /* of the last load */
    char asked[FAKE_MOST][FAKE_TEXT];
    size_t asked_count;
    char sql[512];
    char grants[FAKE_MOST][FAKE_TEXT];
    size_t grant_count;
    char puts[FAKE_MOST][FAKE_TEXT]; /* "label state" */
    size_t put_count;
    size_t finishes, writes;
    uint64_t copied_rows; /* in answers */
} FakeSelectdb;

extern FakeSelectdb fake;
extern const char FAKE_BROKEN[], FAKE_UNSENT[];

/* Hands the supervisor's answers to the loads. */
void fake_supervisor_answers(Loads *loads);
