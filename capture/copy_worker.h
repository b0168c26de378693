/*
 * copy_worker - a stage that copies tables, one granted chunk after the other (proto/control.proto,
 * ChunkGrant).
 *
 * Rows go from the source's COPY to a batch and are not looked at; they are not read faster than
 * the loader takes them. A chunk is over when the loader has committed it. It is given back undone
 * when the loader of its lane is replaced, when the table is no longer what was planned, and before
 * every error that ends the stage.
 *
 * The tables are those of the Assignment: once one was planned anew, the supervisor replaces the
 * copy processes. Their leaving also keeps what they had under way from being loaded.
 */
#pragma once

#include "common/stage.h"

/* Serves until asked to stop (*err stays as it is) or something fails. */
void copy_worker_run(Stage *stage, Error *err);
