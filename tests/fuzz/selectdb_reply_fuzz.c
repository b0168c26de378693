/*
 * Any bytes as the reply to a load: no crash, no text that is NULL, and of a reply that is read the
 * rows are never said to be there unless its status says so.
 */
#include "common/selectdb_reply.h"

#include <stdlib.h>

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_reply(Str body, Arena *arena)
{
    SelectdbReply reply;

    selectdb_reply_read(body, arena, &reply);
    require(reply.label && reply.message && reply.error_url && reply.first_error && reply.column);
    require(!strpbrk(reply.message, "\r\n") && !strpbrk(reply.first_error, "\r\n"));
    if (reply.class == SELECTDB_DONE)
        require(reply.status == SELECTDB_SUCCESS || reply.status == SELECTDB_PUBLISH_TIMEOUT);
    if (reply.class == SELECTDB_FINISHED || reply.class == SELECTDB_RUNNING)
        require(reply.status == SELECTDB_LABEL_EXISTS);
    if (reply.status == SELECTDB_UNREADABLE)
        require(reply.class == SELECTDB_AMBIGUOUS);
}

/* One that can be read cannot when its last brace is cut off. */
static void check_cut(Str body, Arena *arena)
{
    SelectdbReply reply;

    selectdb_reply_read(body, arena, &reply);
    if (reply.status == SELECTDB_UNREADABLE || body.data[body.len - 1] != '}')
        return;
    selectdb_reply_read((Str){body.data, body.len - 1}, arena, &reply);
    require(reply.status == SELECTDB_UNREADABLE);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    Str body = {(const char *)data, size};
    Arena arena = {0};

    check_reply(body, &arena);
    check_cut(body, &arena);
    (void)selectdb_reason(body, &arena);
    (void)selectdb_reason_column(body, &arena);
    (void)selectdb_label_of(body);
    arena_done(&arena);
    return 0;
}
