#include "common/stage_arguments.h"

#include "common/failpoint.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

enum { EX_WRONG_USE = 2 };

/* By role. */
static const struct {
    const char *role;
    const char *program;
} PROGRAMS[] = {
    [WALFERRY__CONTROL__ROLE__ROLE_NONE] = {"none", "walferry"},
    [WALFERRY__CONTROL__ROLE__ROLE_CAPTURE] = {"capture", "walferry-capture"},
    [WALFERRY__CONTROL__ROLE__ROLE_COPY] = {"copy", "walferry-copy"},
    [WALFERRY__CONTROL__ROLE__ROLE_TRANSFORM] = {"transform", "walferry-transform"},
    [WALFERRY__CONTROL__ROLE__ROLE_LOADER] = {"loader", "walferry-loader"},
    [WALFERRY__CONTROL__ROLE__ROLE_SCHEMA] = {"schema", "walferry-schema"},
};

const char *stage_role_name(Walferry__Control__Role role)
{
    return PROGRAMS[role].role;
}

const char *stage_program_name(Walferry__Control__Role role)
{
    return PROGRAMS[role].program;
}

static void end_with_usage(Walferry__Control__Role role, FILE *to, int status)
{
    fprintf(to,
            "usage: %s --supervisor ENDPOINT --task NAME\n"
            "       %s --help | --version | --failpoints\n\n"
            "A stage of a walferry task. It is started by the supervisor, or by hand to help one;\n"
            "everything else it learns from the supervisor at ENDPOINT.\n",
            PROGRAMS[role].program, PROGRAMS[role].program);
    exit(status);
}

static void end_with_version(Walferry__Control__Role role)
{
    printf("%s %s\n", PROGRAMS[role].program, WALFERRY_VERSION);
    exit(EXIT_SUCCESS);
}

static void end_with_failpoints(void)
{
    failpoint_print_all();
    exit(EXIT_SUCCESS);
}

void stage_arguments_parse(StageArguments *out, Walferry__Control__Role role, int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        {"supervisor", required_argument, NULL, 's'},
        {"task", required_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {"failpoints", no_argument, NULL, 'f'},
        {0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        if (option == 's')
            out->supervisor = optarg;
        else if (option == 't')
            out->task = optarg;
        else if (option == 'h')
            end_with_usage(role, stdout, EXIT_SUCCESS);
        else if (option == 'v')
            end_with_version(role);
        else if (option == 'f')
            end_with_failpoints();
        else
            end_with_usage(role, stderr, EX_WRONG_USE);
    }
    if (!out->supervisor || !out->task || optind != argc)
        end_with_usage(role, stderr, EX_WRONG_USE);
}
