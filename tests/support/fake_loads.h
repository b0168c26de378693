/*
 * fake_loads - load.h and the SQL of selectdb.h for tests of the sink: what is started is noted,
 * what comes of it is said by the test.
 */
#pragma once

#include "loader/load.h"

enum { FAKE_MAX = 32, FAKE_TEXT_MAX = 4096 };

typedef struct FakeLoad {
    Load *load;
    LoadCut cut;
    char rows[FAKE_TEXT_MAX]; /* CSV of all parts, one after the other */
    LoadVerdict verdict;
    bool ended; /* freed by the sink */
} FakeLoad;

typedef struct FakeCluster {
    FakeLoad loads[FAKE_MAX];
    size_t load_count;
    char statements[FAKE_MAX][512];
    size_t statement_count;
    bool statement_ended; /* of the last one */
    const char *answer;   /* its only row's only value; NULL: no row */
    bool visible;
    bool settled;
    Position position; /* of every table */
    bool has_open;     /* every table */
    LoadRange open;
} FakeCluster;

/* Of the test that runs. */
extern FakeCluster fake_cluster;
void fake_cluster_begin(void);
