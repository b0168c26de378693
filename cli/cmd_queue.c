/* walferry queue NAME stats */
#include "cli/client.h"
#include "cli/command.h"
#include "cli/queue_view.h"
#include "common/mem.h"
#include <stdio.h>

enum { ANSWER_MS = 5000 };

int cmd_queue(const Invocation *in)
{
    const char *name = command_word(in, 0), *what = command_word(in, 1);
    ClientRequest request = {
        .command = "queue_stats", .arguments = {name}, .count = 1, .timeout_ms = ANSWER_MS};
    CLEANUP(mem_free) char *json = NULL;
    CLEANUP(json_value_done) JsonValue *stats = NULL;
    Bytes text = {0};
    Error err = {0};
    ClientResult result;

    if (strcmp(what, "tail") == 0 || strcmp(what, "peek") == 0)
        return command_misused("`walferry queue NAME %s` is not supported yet; what to do: "
                               "`walferry queue NAME stats` tells the numbers",
                               what);
    if (strcmp(what, "stats") != 0)
        return command_misused("unknown view '%.40s' of a queue; what to do: use stats", what);
    result = client_ask(in, &request, &json, &err);
    if (result == CLIENT_ABSENT)
        client_no_supervisor(in, &err);
    if (result != CLIENT_ANSWERED || !json_value_parse(json, &stats, &err))
        return command_failed(&err);
    if (in->json) {
        json_value_write(stats, stdout);
        return EXIT_DONE;
    }
    queue_view(stats, &text);
    command_print(&text);
    return EXIT_DONE;
}
