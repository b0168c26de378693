/*
 * transform - the worker between capture and loaders: takes batches on credit from every producer,
 * parts them by lane, and gives each loader its part, an empty one too.
 *
 * It holds nothing that would be lost with it: a producer keeps a batch until the loaders have it.
 */
#pragma once

#include "common/stage.h"

typedef struct Transform Transform;

/* Borrows the stage, whose handlers it becomes. */
NODISCARD bool transform_open(Transform **out, Stage *stage, Error *err);
void transform_close(Transform **transform);

/* Until asked to stop, with err->kind NONE, or until it fails. */
void transform_run(Transform *transform, Error *err);
