/*
 * be_load - one stream load at a BE, from its headers to its reply
 * (be/src/http/action/stream_load.cpp, runtime/stream_load/stream_load_executor.cpp):
 *
 *     headers: authorization, format, framing -> begin the transaction -> plan
 *              (a failure is replied at once, before the 100 Continue)
 *     body:    rows are read and staged; after a failure the rest is read and thrown away
 *     end:     commit, publish, reply
 *     over:    what was begun and not decided is rolled back, unless the BE itself has died
 */
#pragma once

#include "simulator/sim.h"

typedef struct BeLoad BeLoad;

HttpNext be_load_headers(Node *be, HttpRequest *request, const char *database, const char *table,
                         BeLoad **out);
HttpNext be_load_data(BeLoad *load, Str bytes);
HttpNext be_load_end(BeLoad *load);
void be_load_over(BeLoad **load);
