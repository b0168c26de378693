/* capture_state - what capture.c (a stream's start and end) and capture_turn.c (its turns) share.
 */
#pragma once

#include "capture/assembly.h"
#include "capture/capture.h"
#include "capture/outbox.h"
#include "capture/replication.h"
#include "capture/watch.h"
#include "common/task_file.h"

struct Capture {
    Stage *stage;
    const Walferry__Control__Assignment *assignment;
    Arena arena; /* of the task file */
    TaskFile task;
    char *spool_dir;
    Outbox *outbox;
    Assembly *assembly;
    Replication *replication; /* NULL between two streams */
    Watch *watch;

    struct { /* by the supervisor, between two turns */
        bool granted;
        uint64_t epoch;
        Lsn resume;
        uint64_t next_record_id;
        Lsn confirm;
    } heard;

    Lsn received;  /* all up to it has come and was worked on */
    Lsn confirmed; /* and told to the server */
    Lsn idle;      /* said in the last IdlePosition */
    bool reply_due;
    bool drained; /* and said so */
    bool streaming_off;
    int64_t told_ms;     /* when something last came from the server, or could not be read */
    bool told;           /* something has come in this turn */
    bool asked, ask_due; /* for an answer, since then */
    int64_t report_ms;   /* the next status is due */
    int64_t idle_ms;     /* the next IdlePosition may be said */
    int64_t batch_ms;    /* since when a batch is open and could close; 0: none is */
    int64_t open_ms;     /* since when it is open at all; 0: none is */
    int64_t grown_ms;    /* when something was last added to it */
    size_t grown_bytes;
};

typedef enum Turn { TURN_FAILED, TURN_GO_ON, TURN_START_ANEW } Turn;

/* Reads, batches, sends, answers and waits once. TURN_FAILED also when asked to stop. */
Turn capture_turn(Capture *capture, Error *err);
