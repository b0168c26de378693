/*
 * bad_worker - a transform that sends the loaders what no transform may send: for
 * tests/e2e/test_bad_input.py. Started by hand as
 *
 *     bad-worker truncated|too-large|newer|lone --supervisor ENDPOINT --task NAME
 *
 * it sends one batch to the loader of lane 0 and works on, as if nothing were wrong, to its end.
 */
#include "common/channel.h"
#include "common/codec.h"
#include "common/control.h"
#include "common/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

typedef struct BadWorker {
    const char *badness;
    Stage *stage;
    char endpoint[CHANNEL_ENDPOINT_MAX]; /* of the loader, when it is known */
} BadWorker;

static void hear(void *self, const ControlMessage *message)
{
    BadWorker *worker = self;

    if (message->message_case == WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_TOPOLOGY &&
        message->topology->n_loaders > 0)
        snprintf(worker->endpoint, sizeof worker->endpoint, "%s",
                 message->topology->loaders[0]->endpoint);
}

static Frame *header_of(const char *badness)
{
    static const Str NEWER = STR("\x08\x02"), TRUNCATED = STR("\x08\x01\x10");

    if (strcmp(badness, "too-large") == 0) {
        Frame *frame = frame_new(HEADER_MAX_BYTES + 1);

        memset(frame->data, 0, frame->len);
        return frame;
    }
    return frame_copy(strcmp(badness, "newer") == 0 ? NEWER : TRUNCATED);
}

static void send_bad_batch(BadWorker *worker, Channel *loader)
{
    ChannelMessage message = {.parts = {header_of(worker->badness), frame_new(0)}, .count = 2};

    if (strcmp(worker->badness, "lone") == 0)
        frame_unref(&message.parts[--message.count]);
    if (channel_send(loader, &message) != CHANNEL_OK)
        abort();
    channel_message_done(&message);
}

static void misbehave(BadWorker *worker, Error *err)
{
    CLEANUP(channel_close) Channel *loader = NULL;

    stage_handle(worker->stage, (StageHandlers){.control = hear, .self = worker});
    while (!worker->endpoint[0]) {
        if (!stage_wait(worker->stage, NULL, 0, -1, err))
            return;
    }
    if (!channel_dial(&loader, worker->endpoint, stage_identity(worker->stage), 4, err))
        return;
    send_bad_batch(worker, loader);
    while (stage_wait(worker->stage, NULL, 0, -1, err))
        continue;
}

int main(int argc, char **argv)
{
    Error err = {0};
    BadWorker worker = {.badness = argc > 1 ? argv[1] : ""};

    if (argc < 2)
        return EX_USAGE;
    argv[1] = argv[0]; /* what is left are a stage's arguments */
    if (stage_open(&worker.stage, WALFERRY__CONTROL__ROLE__ROLE_TRANSFORM, argc - 1, argv + 1,
                   &err))
        misbehave(&worker, &err);
    int status = stage_finish(worker.stage, &err);
    stage_close(&worker.stage);
    return status;
}
