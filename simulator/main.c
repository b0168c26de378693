/* walferry-selectdb-sim: a SelectDB to test against; see docs/simulator.md. */
#include "common/log.h"
#include "simulator/fault_kinds.h"
#include "simulator/sim.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TICK_NS = 10000000 };

static int fail(const Error *err)
{
    char text[2048];

    error_format(err, text, sizeof(text));
    fprintf(stderr, "walferry-selectdb-sim: %s\n", text);
    return error_exit_status(err->kind);
}

static void print_faults(void)
{
    for (int kind = 0; kind < FAULT_KIND_COUNT; kind++) {
        const FaultKindInfo *info = fault_kind_info((FaultKind)kind);

        printf("%-22s", info->name);
        for (int moment = 0; moment < FAULT_MOMENT_COUNT; moment++)
            if (info->moments & (1U << moment))
                printf(" %s", fault_moment_name((FaultMoment)moment));
        printf("\n%22s %s\n", "", info->is);
    }
}

static void print_addresses(const Simulator *sim)
{
    printf("{\"fe\":\"%s\",\"be\":[", http_address(sim->nodes[0].http));
    for (int i = 1; i < sim->node_count; i++)
        printf("%s\"%s\"", i > 1 ? "," : "", http_address(sim->nodes[i].http));
    printf("]}\n");
    fflush(stdout);
}

/* Threads of connections inherit the mask: signals come to the main thread's wait only. */
static void block_signals(sigset_t *out)
{
    sigemptyset(out);
    sigaddset(out, SIGTERM);
    sigaddset(out, SIGINT);
    sigprocmask(SIG_BLOCK, out, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static bool serve(Simulator *sim, Error *err)
{
    const struct timespec tick = {0, TICK_NS};
    sigset_t signals;

    block_signals(&signals);
    if (!sim_tick(sim, err))
        return false;
    print_addresses(sim);
    while (sigtimedwait(&signals, NULL, &tick) < 0)
        if (!sim_tick(sim, err))
            return false;
    return true;
}

int main(int argc, char **argv)
{
    CLEANUP(arena_done) Arena arena = {0};
    static Simulator sim;
    SimOptions options;
    Error err = {0};
    bool ok;

    log_open("selectdb-sim");
    if (!options_parse(argc, argv, &arena, &options, &err))
        return fail(&err);
    if (options.print_help || options.print_faults) {
        if (options.print_help)
            fputs(OPTIONS_HELP, stdout);
        else
            print_faults();
        return EXIT_SUCCESS;
    }
    ok = sim_open(&sim, &options, &err) && serve(&sim, &err);
    sim_close(&sim);
    return ok ? EXIT_SUCCESS : fail(&err);
}
