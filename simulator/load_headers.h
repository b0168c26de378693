/* load_headers - a load's headers as values. Pure. [BE] http/action/stream_load.cpp _process_put */
#pragma once

#include "simulator/load_plan.h"

const char *load_header(const LoadRequest *request, const char *name); /* NULL: not sent */

/* format, separators, quotes, strict_mode, max_filter_ratio, timezone ... */
bool load_headers_read(const LoadRequest *request, LoadPlan *plan, Error *err);

/* Names split by commas, back-quotes taken off. An expression is refused. */
bool load_headers_names(const char *text, Arena *arena, const char ***out, size_t *count,
                        Error *err);
