/*
 * selectdb_ddl - CREATE DATABASE and CREATE TABLE of a design, and the mark by which a task knows a
 * table of its own again. Pure; texts lie in the arena.
 *
 * SelectDB keeps nothing of ours but a table's comment: the source's comment, and behind it
 * "[walferry TASK UUID OID]". A run that was killed finds its tables by it.
 */
#pragma once

#include "schema/selectdb_design.h"

typedef struct SelectdbOwner {
    const char *task;
    const char *task_uuid;
} SelectdbOwner;

const char *selectdb_ddl_mark(Arena *arena, SelectdbOwner owner, uint32_t oid);

/* Is the comment one with that mark? Without a uuid any of the task's does. */
bool selectdb_ddl_is_marked(Arena *arena, const char *comment, SelectdbOwner owner, uint32_t oid);

const char *selectdb_ddl_database(Arena *arena, const char *database);

/* Do the properties of the task file say how many copies there shall be? */
bool selectdb_ddl_says_replicas(const SelectdbDesign *design);

/* replicas: copies of the data, where the task file does not say; 0: as SelectDB has it. */
const char *selectdb_ddl_table(Arena *arena, const SelectdbDesign *design, SelectdbOwner owner,
                               unsigned replicas);
