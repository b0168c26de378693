/*
 * selectdb_restart - empties tables at SelectDB whose copy starts again: those that the task made
 * or found empty. It may be killed and run again. No load of theirs is under way: loaders have
 * settled.
 */
#pragma once

#include "model.pb-c.h"
#include "schema/job.h"

NODISCARD bool selectdb_restart(const TaskFile *task, const Walferry__Model__Model *model,
                                const uint32_t *oids, size_t count, JobHost *host, Error *err);
