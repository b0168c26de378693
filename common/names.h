/*
 * names - what objects of ours are called: on the source walferry_<task> (slot, publication), on
 * both sides the schema walferry.
 */
#pragma once

#define WALFERRY_SCHEMA "walferry"

/* In walferry.created, followed by the table's name: what the copy and the stream do with rows that
 * were at the destination before the task. */
#define CREATED_EMPTY "empty"
#define CREATED_KEEP "keep"
#define CREATED_OVERWRITE "overwrite"

enum { OBJECT_NAME_MAX = 64 };

/* "walferry_<task>", for slot and publication, into out, which is returned. */
const char *names_slot(const char *task, char out[OBJECT_NAME_MAX]);

/* application_name of a connection: "walferry_<task>_<role>"; how our own backends are told from a
 * stranger's. */
const char *names_application(const char *task, const char *role, char out[OBJECT_NAME_MAX]);
