/* walferry - the command line. One file a subcommand; here is the table of them. */
#include "cli/command.h"
#include "cli/place.h"
#include "common/compiler.h"
#include "common/mem.h"
#include "common/nearest.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const Option COMMON_OPTIONS[] = {
    {"--state-dir", NULL, "DIR",
     "where the supervisor lives (WALFERRY_STATE_DIR, else ~/.local/state/walferry)"},
    {"--supervisor", NULL, "ENDPOINT",
     "the supervisor to ask, instead of the one in the state directory (WALFERRY_SUPERVISOR)"},
    {"--help", "-h", NULL, "this text"},
    {NULL, NULL, NULL, NULL},
};

static const Option MAIN_OPTIONS[] = {
    {"--version", NULL, NULL, "the version of this program"},
    {NULL, NULL, NULL, NULL},
};

static const Option JSON_OPTION[] = {
    {"--json", NULL, NULL, "the same as JSON, for programs"},
    {NULL, NULL, NULL, NULL},
};

/* clang-format off */
static const Command COMMANDS[] = {
    {"init", "[--source URI] [--destination URI] [-o FILE]",
     "write a task file with every key and its default",
     "Every key is there, with what it means. With --source the tables found there are listed behind\n"
     "it as comments, with what each needs, and the GRANT script for an administrator.\n"
     "\n"
     "  walferry init -o shop.cfg\n"
     "  walferry init --source 'host=db1 dbname=shop user=walferry' \\\n"
     "                --destination 'host=db2 dbname=shop user=walferry' -o shop.cfg\n",
     0, 0, true, INIT_OPTIONS, cmd_init},
    {"check", "FILE",
     "look whether everything is there that the task needs",
     "An item a line: ok, warn or FAIL, its id, what it is about, what was found and what to do.\n"
     "Nothing is changed. The exit status is 1 on a FAIL, or on a warning whose id check.ignore in\n"
     "the task file does not name.\n"
     "\n"
     "  walferry check shop.cfg\n",
     1, 1, true, NULL, cmd_check},
    {"run", "FILE... [--external ROLES]",
     "run these tasks here, until Ctrl-C",
     "A supervisor in the foreground with these tasks and their stages: check, copy, follow. It ends\n"
     "when no task runs any more. Ctrl-C (SIGTERM) stops it cleanly; the next run goes on from there.\n"
     "\n"
     "  walferry run shop.cfg\n"
     "With --external somebody else, such as Compose or systemd, starts the stages of these roles\n"
     "(capture, copy, transform, loader) and starts them again when they end.\n"
     "\n"
     "  walferry --state-dir /var/lib/walferry run shop.cfg crm.cfg\n"
     "  walferry run --external capture,transform,loader shop.cfg\n",
     1, ARGUMENTS_WORDS_MAX, false, RUN_OPTIONS, cmd_run},
    {"add", "FILE",
     "hand a task to a running supervisor",
     "  walferry add crm.cfg\n",
     1, 1, false, NULL, cmd_add},
    {"pause", "NAME",
     "stop a task's stages; its slot keeps the WAL",
     "  walferry pause shop\n",
     1, 1, false, NULL, cmd_pause},
    {"resume", "NAME",
     "go on with a task that is paused or failed",
     "  walferry resume shop\n",
     1, 1, false, NULL, cmd_resume},
    {"release", "NAME [--file FILE]",
     "end a task and take everything of ours away at both ends",
     "Stops the task, drops its slot, publication and helper objects at the source and our rows and\n"
     "schema at the destination, and forgets the task. The tables and their rows stay. What could not\n"
     "be dropped is printed as SQL, and the exit status is 1. Works without a running supervisor; when\n"
     "the state directory is lost, too: then --file names the task file.\n"
     "\n"
     "  walferry release shop\n"
     "  walferry release shop --file shop.cfg\n",
     1, 1, true, RELEASE_OPTIONS, cmd_release},
    {"status", "[NAME] [--watch]",
     "how the tasks are: phase, progress, latency, lag, stages",
     "Works without a running supervisor, from the state directory.\n"
     "\n"
     "  walferry status\n"
     "  walferry status shop --watch\n"
     "  walferry status --json\n",
     0, 1, true, STATUS_OPTIONS, cmd_status},
    {"tables", "NAME",
     "a line for each table of a task",
     "  walferry tables shop\n",
     1, 1, true, NULL, cmd_tables},
    {"wait", "NAME --for consistent|caught-up|finished [--timeout SECONDS]",
     "wait for a task, in scripts and for the cut-over",
     "consistent: the destination is a state of the source. caught-up: what was committed at the\n"
     "source before this command began has been applied. finished: the task has ended. The exit\n"
     "status is 1 when the task fails or the time is over.\n"
     "\n"
     "  walferry wait shop --for caught-up --timeout 60\n",
     1, 1, false, WAIT_OPTIONS, cmd_wait},
    {"compare", "NAME [--table TABLE] [--file FILE]",
     "compare rows of both sides by count and digest",
     "A line a table; the exit status is 1 when any differs. Each side is read in one snapshot, so\n"
     "while the source is written to, tables differ: stop the writers and wait for caught-up before.\n"
     "\n"
     "  walferry compare shop\n"
     "  walferry compare shop --table sales.orders\n",
     1, 1, true, COMPARE_OPTIONS, cmd_compare},
    {"sequences", "NAME [--apply] [--margin N] [--file FILE]",
     "the values of sequences on both sides; set the destination's",
     "A line for each sequence that the task's tables own or use in a default. Replication does not\n"
     "carry their values: set the destination's at the cut-over, when the writers have stopped. One\n"
     "that is further already is left alone. The exit status is 1 when any is behind or missing.\n"
     "Works without a running supervisor.\n"
     "\n"
     "  walferry sequences shop\n"
     "  walferry sequences shop --apply --margin 1000\n",
     1, 1, true, SEQUENCES_OPTIONS, cmd_sequences},
    {"scale", "NAME transform=4 loader=2",
     "more or fewer stages",
     "", 2, ARGUMENTS_WORDS_MAX, false, NULL, NULL},
    {"set", "NAME KEY=VALUE",
     "change a setting of a running task",
     "", 2, ARGUMENTS_WORDS_MAX, false, NULL, NULL},
    {"queue", "NAME stats",
     "what is in flight between the stages, without taking any of it",
     "  walferry queue shop stats\n",
     2, 2, true, NULL, cmd_queue},
};
/* clang-format on */

static bool is_built(const Command *command)
{
    return command->run != NULL;
}

/* ---- help ---- */

static void print_options(const Option *options)
{
    for (; options && options->name; options++) {
        char text[64];

        snprintf(text, sizeof text, "%s%s%s%s%s", options->name, options->letter ? ", " : "",
                 options->letter ? options->letter : "", options->operand ? " " : "",
                 options->operand ? options->operand : "");
        printf("  %-22s %s\n", text, options->help);
    }
}

static void print_main_help(void)
{
    printf(
        "walferry keeps a PostgreSQL database equal to another one: it creates the tables, copies\n"
        "the rows, then follows the write-ahead log.\n\n"
        "usage: walferry COMMAND ...\n\ncommands:\n");
    for (size_t i = 0; i < COUNT_OF(COMMANDS); i++)
        printf("  %-12s %s%s\n", COMMANDS[i].name, COMMANDS[i].summary,
               is_built(&COMMANDS[i]) ? "" : " (not supported yet)");
    printf("\noptions:\n");
    print_options(COMMON_OPTIONS);
    print_options(MAIN_OPTIONS);
    printf("\nThe first steps:\n\n"
           "  walferry init -o shop.cfg   # then fill in both connections\n"
           "  walferry check shop.cfg\n"
           "  walferry run shop.cfg\n\n"
           "`walferry COMMAND --help` tells more. Exit status: 0 done, 1 failed, 2 wrong use.\n");
}

static void print_usage(const Command *command, FILE *file)
{
    fprintf(file, "usage: walferry %s %s%s\n", command->name, command->operands,
            command->has_json ? " [--json]" : "");
}

static void print_command_help(const Command *command)
{
    print_usage(command, stdout);
    printf("\nwalferry %s: %s%s\n", command->name, command->summary,
           is_built(command) ? "" : " (not supported yet)");
    if (command->help[0])
        printf("\n%s", command->help);
    printf("\noptions:\n");
    print_options(command->options);
    if (command->has_json)
        print_options(JSON_OPTION);
    print_options(COMMON_OPTIONS);
}

/* ---- wrong use ---- */

static int refuse(const Command *command, const char *why)
{
    command_misused("%s", why);
    if (command)
        print_usage(command, stderr);
    else
        fputs("usage: walferry COMMAND ...; `walferry --help` lists the commands\n", stderr);
    return EXIT_WRONG_USE;
}

static int refuse_command(const char *name)
{
    const char *names[COUNT_OF(COMMANDS) + 1] = {NULL};
    char why[ARGUMENTS_WHY_MAX];
    const char *similar;

    for (size_t i = 0; i < COUNT_OF(COMMANDS); i++)
        names[i] = COMMANDS[i].name;
    similar = nearest_of(name, names);
    if (similar)
        snprintf(why, sizeof why, "unknown command '%.40s', did you mean '%s'?", name, similar);
    else
        snprintf(why, sizeof why, "unknown command '%.40s'", name);
    return refuse(NULL, why);
}

static int refuse_not_built(const Command *command)
{
    return command_misused(
        "`walferry %s` is not supported yet; what to do: `walferry --help` lists "
        "what is",
        command->name);
}

/* "NAME is missing": the first of the operands that was not given. */
static int refuse_missing(const Command *command, size_t given)
{
    const char *operand = command->operands;
    char why[ARGUMENTS_WHY_MAX];

    while (given-- > 0)
        operand += strcspn(operand, " ") + 1;
    snprintf(why, sizeof why, "%.*s is missing", (int)strcspn(operand, " ."), operand);
    return refuse(command, why);
}

/* ---- from argv to a command ---- */

static const Command *find_command(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(COMMANDS); i++) {
        if (strcmp(COMMANDS[i].name, name) == 0)
            return &COMMANDS[i];
    }
    return NULL;
}

/*
 * The first word names the command. Only options that every command has may stand before it, so
 * the place is found with these; their operands are skipped.
 */
static int command_place(int argc, char *const *argv)
{
    for (int i = 1; i < argc; i++) {
        bool takes_next = false;

        if (argv[i][0] != '-')
            return i;
        for (const Option *option = COMMON_OPTIONS; option->name; option++)
            takes_next |= option->operand && strcmp(option->name, argv[i]) == 0;
        i += takes_next;
    }
    return argc;
}

static int without_command(char *const *argv)
{
    Arguments arguments = {0};
    char why[ARGUMENTS_WHY_MAX];

    arguments_allow(&arguments, COMMON_OPTIONS);
    arguments_allow(&arguments, MAIN_OPTIONS);
    if (!arguments_parse(&arguments, argv + 1, why))
        return refuse(NULL, why);
    if (arguments_value(&arguments, "--version")) {
        printf("walferry %s\n", WALFERRY_VERSION);
        return EXIT_DONE;
    }
    if (!arguments_value(&arguments, "--help"))
        return refuse(NULL, "no command is given");
    print_main_help();
    return EXIT_DONE;
}

static int run(const Command *command, const Arguments *arguments)
{
    CLEANUP(mem_free) char *state_dir = NULL;
    Invocation in = {.arguments = arguments};
    Error err = {0};

    if (!place_state_dir(arguments_value(arguments, "--state-dir"), &state_dir, &err))
        return command_failed(&err);
    in.state_dir = state_dir;
    in.supervisor = place_supervisor(arguments_value(arguments, "--supervisor"));
    in.json = command->has_json && arguments_value(arguments, "--json");
    return command->run(&in);
}

/* The words are put together without the command's name. */
static int parse_and_run(const Command *command, int argc, char **argv, int place)
{
    Arguments arguments = {0};
    char why[ARGUMENTS_WHY_MAX];

    memmove(&argv[place], &argv[place + 1], (size_t)(argc - place) * sizeof *argv);
    arguments_allow(&arguments, COMMON_OPTIONS);
    arguments_allow(&arguments, command->options);
    if (command->has_json)
        arguments_allow(&arguments, JSON_OPTION);
    if (!arguments_parse(&arguments, argv + 1, why))
        return is_built(command) ? refuse(command, why) : refuse_not_built(command);
    if (arguments_value(&arguments, "--help")) {
        print_command_help(command);
        return EXIT_DONE;
    }
    if (!is_built(command))
        return refuse_not_built(command);
    if (arguments.word_count < command->least_words)
        return refuse_missing(command, arguments.word_count);
    if (arguments.word_count > command->most_words) {
        snprintf(why, sizeof why, "'%.100s' is one word too many",
                 arguments.words[command->most_words]);
        return refuse(command, why);
    }
    return run(command, &arguments);
}

int main(int argc, char **argv)
{
    int place = command_place(argc, argv);
    const Command *command = place < argc ? find_command(argv[place]) : NULL;

    signal(SIGPIPE, SIG_IGN);
    if (place >= argc)
        return without_command(argv);
    if (!command)
        return refuse_command(argv[place]);
    return parse_and_run(command, argc, argv, place);
}
