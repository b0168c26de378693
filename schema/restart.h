/*
 * restart - empties tables whose copy starts again and forgets their chunks, in one transaction.
 *
 * Only what the task made, or found empty, is emptied; a table that had rows of the user's when the
 * task came is a CONFIG error.
 */
#pragma once

#include "model.pb-c.h"
#include "schema/job.h"

NODISCARD bool restart_tables(const TaskFile *task, const Walferry__Model__Model *model,
                              const uint32_t *oids, size_t count, JobHost *host, Error *err);
