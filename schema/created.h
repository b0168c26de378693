/*
 * created - what the task has made at the destination, kept there in walferry.created: an object is
 * noted in the transaction that makes it, so that a job which was killed goes on where it was, and
 * knows its own tables from the user's.
 */
#pragma once

#include "common/bytes.h"
#include "schema/job.h"

/* "table public.t", for all that is called so; free() it. A dot in the schema's name does not make
 * "a.b".c the same as a."b.c". */
char *created_object(const char *kind, const char *schema, const char *name);

/* out[i] becomes true for each object that is noted. */
NODISCARD bool created_find(Pg *pg, const TaskFile *task, const char *const *objects, size_t count,
                            bool *out, Error *err);

/* "; INSERT INTO walferry.created ..." behind the statement that makes the object. */
void created_note(Bytes *sql, const TaskFile *task, const char *object);

/* An array literal of texts, for a parameter of type text[]. */
void created_text_array(Bytes *out, const char *const *texts, size_t count);
