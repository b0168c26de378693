/*
 * schema - the stage walferry-schema: one job of its Assignment, a JobResult, and the end.
 *
 * It answers the supervisor while its statements run, however long they take, and tells it what
 * they wait for. Every job may be killed at any moment and given again.
 */
#pragma once

#include "common/stage.h"

/* False with err->kind NONE: asked to stop. */
NODISCARD bool schema_run(Stage *stage, Error *err);
