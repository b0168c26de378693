/* options - the command line of walferry-selectdb-sim. */
#pragma once

#include "common/arena.h"
#include "common/error.h"
#include "simulator/profile.h"
#include <stdint.h>

enum { OPTIONS_BE_MAX = 16 };

typedef struct SimAddress {
    char *host;
    uint16_t port; /* 0: any */
} SimAddress;

typedef struct SimOptions {
    char *data;
    Profile profile;
    SimAddress fe;
    SimAddress be[OPTIONS_BE_MAX];
    int be_count;
    char *user;     /* besides root; "" for none */
    char *password; /* of both; "" if no file was named */
    char *tls_cert; /* PEM texts, or NULL */
    char *tls_key;
    char *compute_group; /* its only one, of the cloud profile */
    bool no_default_group;
    bool count_only;
    int64_t publish_delay_ms;
    bool print_help;
    bool print_faults;
} SimOptions;

/* Texts live in the arena. */
NODISCARD bool options_parse(int argc, char **argv, Arena *arena, SimOptions *out, Error *err);

extern const char OPTIONS_HELP[];
