#include "supervisor/supervisor_options.h"

#include "common/failpoint.h"
#include "supervisor/place.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EX_WRONG_USE = 2 };

static void end_with_usage(FILE *to, int status)
{
    fputs(
        "usage: walferry-supervisor --state-dir DIR [--external ROLES] [FILE...]\n"
        "       walferry-supervisor --help | --version | --failpoints\n\n"
        "Runs the tasks of the files, in the foreground, until none runs any more. Without a file\n"
        "it runs the tasks that the state directory knows, takes in others by `walferry add`, and\n"
        "runs until it is stopped.\n\n"
        "ROLES are those of capture, copy, transform and loader, with commas between them, whose\n"
        "processes somebody else starts, and starts again when they end (Compose, systemd).\n",
        to);
    exit(status);
}

/* schema is not among them: its process does one job and ends. */
static const Walferry__Control__Role ATTACHING[] = {
    WALFERRY__CONTROL__ROLE__ROLE_CAPTURE,
    WALFERRY__CONTROL__ROLE__ROLE_COPY,
    WALFERRY__CONTROL__ROLE__ROLE_TRANSFORM,
    WALFERRY__CONTROL__ROLE__ROLE_LOADER,
};

static unsigned role_of(const char *name, size_t length)
{
    for (size_t i = 0; i < COUNT_OF(ATTACHING); i++) {
        const char *role = place_role_name(ATTACHING[i]);

        if (strlen(role) == length && memcmp(role, name, length) == 0)
            return 1u << ATTACHING[i];
    }
    return 0;
}

bool supervisor_options_roles(const char *text, unsigned *out)
{
    unsigned roles = 0;

    for (const char *at = text;; at++) {
        size_t length = strcspn(at, ",");
        unsigned role = role_of(at, length);

        if (role == 0)
            return false;
        roles |= role;
        at += length;
        if (*at == '\0')
            break;
    }
    *out = roles;
    return true;
}

static void take_external(SupervisorOptions *out, const char *text)
{
    if (supervisor_options_roles(text, &out->external))
        return;
    fprintf(stderr,
            "walferry-supervisor: --external %s: it takes capture, copy, transform and "
            "loader, with commas between them\n",
            text);
    exit(EX_WRONG_USE);
}

void supervisor_options_parse(SupervisorOptions *out, int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        {"state-dir", required_argument, NULL, 's'},
        {"external", required_argument, NULL, 'e'},
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
        } else if (option == 'e') {
            take_external(out, optarg);
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
