/*
 * producers - the other way of the data plane: what this loader tells capture and the copy
 * processes, and hears from them. Dials each as the topology names it. Nothing here blocks; what a
 * full queue refuses is said again with the next repetition.
 */
#pragma once

#include "common/channel.h"
#include "common/codec.h"
#include "common/task_file.h"
#include "control.pb-c.h"

enum { PRODUCERS_MAX = STAGES_MAX + 2 };

typedef struct Producer {
    char identity[CHANNEL_IDENTITY_MAX];
    Channel *channel;
    bool capture; /* else a copy process */
} Producer;

typedef struct Producers {
    const char *identity; /* our own, borrowed */
    Producer at[PRODUCERS_MAX];
    size_t count;
} Producers;

/* Dials who is new, hangs up on who is gone. */
NODISCARD bool producers_follow(Producers *producers, const Walferry__Control__Topology *topology,
                                Error *err);
void producers_done(Producers *producers);

/* To every capture there is. */
void producers_tell_capture(const Producers *producers, const Signal *signal);
/* To one copy process, if it is still there. */
void producers_tell(const Producers *producers, const char *identity, const Signal *signal);

/* The next signal that came from any of them; *found is false when there is none. */
NODISCARD bool producers_hear(const Producers *producers, Signal *out, bool *found, Error *err);

/* Identities of the copy processes, into out (of PRODUCERS_MAX); gives their number. */
size_t producers_copies(const Producers *producers, const char **out);

/* Adds an item for each; gives the number. */
size_t producers_wait_items(const Producers *producers, WaitItem *items);
