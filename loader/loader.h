/*
 * loader - the stage that applies: one lane's batches, in order, and the chunks of table copies.
 *
 * Its loop receives what there is, applies a piece or commits when group.h says so, and tells
 * capture, the copy processes and the supervisor how far it is. Everything about the destination
 * is the sink's and chunk_load's.
 */
#pragma once

#include "common/stage.h"

/* Until it is asked to stop (err->kind NONE) or fails. */
void loader_run(Stage *stage, Error *err);
