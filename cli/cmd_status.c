/* walferry status, walferry tables */
#include "cli/command.h"
#include "cli/status_view.h"
#include "cli/task_state.h"
#include "common/clock.h"
#include <stdio.h>
#include <unistd.h>

enum { WATCH_MS = 1000 };

const Option STATUS_OPTIONS[] = {
    {"--watch", NULL, NULL, "again each second, until Ctrl-C"},
    {NULL, NULL, NULL, NULL},
};

typedef struct Watch {
    JsonValue *before;
    int64_t before_ms;
} Watch;

static void show(const Invocation *in, const Watch *watch, const JsonValue *now, bool clear)
{
    Bytes text = {0};

    if (in->json) {
        json_value_write(now, stdout);
        fflush(stdout);
        return;
    }
    if (clear)
        bytes_add_str(&text, str_of("\033[H\033[J"));
    status_view(now, watch->before, clock_ms() - watch->before_ms, &text);
    if (watch->before && !clear)
        bytes_add_str(&text, str_of("\n"));
    command_print(&text);
}

int cmd_status(const Invocation *in)
{
    bool watching = command_option(in, "--watch") != NULL;
    bool clear = watching && isatty(STDOUT_FILENO);
    Watch watch = {0};
    Error err = {0};

    for (;;) {
        JsonValue *now = NULL;

        if (!task_state_status(in, command_word(in, 0), &now, &err))
            break;
        show(in, &watch, now, clear);
        json_value_done(&watch.before);
        watch = (Watch){now, clock_ms()};
        if (!watching || ferror(stdout))
            break;
        usleep(WATCH_MS * 1000);
    }
    json_value_done(&watch.before);
    return err.kind == ERROR_NONE ? EXIT_DONE : command_failed(&err);
}

int cmd_tables(const Invocation *in)
{
    CLEANUP(json_value_done) JsonValue *tables = NULL;
    Bytes text = {0};
    Error err = {0};

    if (!task_state_tables(in, command_word(in, 0), &tables, &err))
        return command_failed(&err);
    if (in->json) {
        json_value_write(tables, stdout);
        return EXIT_DONE;
    }
    tables_view(tables, &text);
    command_print(&text);
    return EXIT_DONE;
}
