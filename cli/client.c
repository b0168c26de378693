#include "cli/client.h"

#include "common/channel.h"
#include "common/clock.h"
#include "common/control.h"
#include "common/mem.h"
#include "store/state_dir.h"
#include <inttypes.h>
#include <stdlib.h>

typedef Walferry__Control__Request Request;
typedef Walferry__Control__Reply Reply;

enum { HIGH_WATER = 16, STILL_THERE_MS = 200 };

bool client_no_supervisor(const Invocation *in, Error *err)
{
    error_set(err, ERROR_CONFIG, "no supervisor runs");
    error_object(err, "%s", in->state_dir);
    return error_hint(err, "start one with `walferry run FILE`, or name its --state-dir");
}

static bool send_request(Channel *channel, const ClientRequest *request, Error *err)
{
    Request packed = WALFERRY__CONTROL__REQUEST__INIT;
    const char *arguments[COUNT_OF(request->arguments)];
    ControlMessage message = CONTROL_MESSAGE(REQUEST, request, &packed);
    ChannelMessage frames = {.count = 1};
    ChannelResult result;

    memcpy(arguments, request->arguments, sizeof arguments);
    packed.command = (char *)(uintptr_t)request->command; /* protobuf-c knows no const */
    packed.arguments = (char **)(uintptr_t)arguments;
    packed.n_arguments = request->count;
    packed.file_text.data = (uint8_t *)(uintptr_t)request->file_text.data;
    packed.file_text.len = request->file_text.len;
    frames.parts[0] = control_pack(&message);
    result = channel_send(channel, &frames);
    channel_message_done(&frames);
    return result == CHANNEL_OK ||
           error_set(err, ERROR_TRANSIENT, "the request cannot be sent to the supervisor");
}

/* An answer that says why not is a failure; the reason was worded there. */
static bool take_reply(const Reply *reply, char **json, Error *err)
{
    if (reply->exit_status != 0)
        return error_set(err, ERROR_CONFIG, "%s", reply->error);
    *json = mem_strdup(reply->json);
    return true;
}

static bool read_reply(Str frame, bool *found, char **json, Error *err)
{
    ControlMessage *message;
    bool ok = true;

    if (!control_unpack(frame, &message, err))
        return error_wrap(err, "the supervisor's answer");
    *found = message->message_case == WALFERRY__CONTROL__CONTROL_MESSAGE__MESSAGE_REPLY;
    if (*found)
        ok = take_reply(message->reply, json, err);
    control_free(&message);
    return ok;
}

/* One that ends while we ask answers no more. state_dir: NULL if it is not on this host. */
static bool still_there(const char *state_dir, Error *err)
{
    return !state_dir || state_dir_holder(state_dir) != 0 ||
           error_set(err, ERROR_CONNECTION, "the supervisor ended before it answered");
}

static bool await_reply(Channel *channel, const char *state_dir, int timeout_ms, char **json,
                        Error *err)
{
    int64_t deadline = clock_ms() + timeout_ms, left;
    bool found = false, ok = true;

    while (!found && ok && (left = deadline - clock_ms()) > 0) {
        WaitItem item = {.channel = channel, .read = true};
        ChannelMessage message;

        if (!channel_wait(&item, 1, left < STILL_THERE_MS ? (int)left : STILL_THERE_MS, err))
            return false;
        if (channel_receive(channel, &message) != CHANNEL_OK) {
            if (!still_there(state_dir, err))
                return false;
            continue;
        }
        ok = read_reply(frame_str(message.parts[0]), &found, json, err);
        channel_message_done(&message);
    }
    if (!ok || found)
        return ok;
    return error_set(err, ERROR_CONNECTION, "the supervisor does not answer within %d s",
                     timeout_ms / 1000);
}

static bool ask(const char *endpoint, const char *state_dir, const ClientRequest *request,
                char **json, Error *err)
{
    CLEANUP(channel_close) Channel *channel = NULL;
    char identity[CHANNEL_IDENTITY_MAX];

    channel_make_identity("cli", identity);
    return channel_dial(&channel, endpoint, identity, HIGH_WATER, err) &&
           send_request(channel, request, err) &&
           await_reply(channel, state_dir, request->timeout_ms, json, err);
}

ClientResult client_ask(const Invocation *in, const ClientRequest *request, char **json, Error *err)
{
    CLEANUP(mem_free) char *endpoint = NULL;
    pid_t holder = in->supervisor ? 0 : state_dir_holder(in->state_dir);

    if (!in->supervisor && holder == 0)
        return CLIENT_ABSENT;
    endpoint = in->supervisor ? mem_strdup(in->supervisor)
                              : mem_printf("ipc://%s/control.sock", in->state_dir);
    if (ask(endpoint, in->supervisor ? NULL : in->state_dir, request, json, err))
        return CLIENT_ANSWERED;
    if (!in->supervisor && state_dir_holder(in->state_dir) == 0)
        return CLIENT_ABSENT;
    if (err->kind == ERROR_CONNECTION && holder > 0)
        error_hint(err, "process %d holds the state directory; try again, or look what it does",
                   (int)holder);
    else if (err->kind == ERROR_CONNECTION)
        error_hint(err, "is the endpoint right, and does the supervisor run?");
    if (err->kind == ERROR_CONNECTION)
        error_object(err, "%s", in->supervisor ? in->supervisor : in->state_dir);
    return CLIENT_FAILED;
}
