#include "supervisor/supervisor_options.h"

#include "common/failpoint.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

enum { EX_WRONG_USE = 2 };

static void end_with_usage(FILE *to, int status)
{
    fputs(
        "usage: walferry-supervisor --state-dir DIR [FILE...]\n"
        "       walferry-supervisor --help | --version | --failpoints\n\n"
        "Runs the tasks of the files, in the foreground, until none runs any more. Without a file\n"
        "it runs the tasks that the state directory knows, takes in others by `walferry add`, and\n"
        "runs until it is stopped.\n",
        to);
    exit(status);
}

void supervisor_options_parse(SupervisorOptions *out, int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        {"state-dir", required_argument, NULL, 's'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {"failpoints", no_argument, NULL, 'f'},
        {0},
    };
    int option;

    *out = (SupervisorOptions){0};
    while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        if (option == 's') {
            out->state_dir = optarg;
        } else if (option == 'v') {
            printf("walferry-supervisor %s\n", WALFERRY_VERSION);
            exit(EXIT_SUCCESS);
        } else if (option == 'f') {
            failpoint_print_all();
            exit(EXIT_SUCCESS);
        } else {
            end_with_usage(option == 'h' ? stdout : stderr,
                           option == 'h' ? EXIT_SUCCESS : EX_WRONG_USE);
        }
    }
    if (!out->state_dir || !out->state_dir[0])
        end_with_usage(stderr, EX_WRONG_USE);
    out->files = argv + optind;
    out->file_count = (size_t)(argc - optind);
}
