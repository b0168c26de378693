/*
 * create_check - what CREATE TABLE and ADD COLUMN may ask for: keys, names, distribution and
 * properties. Pure.
 */
#pragma once

#include "simulator/ddl_parse.h"
#include "simulator/profile.h"

/* Fills a new definition but for its id. */
bool create_check(Profile profile, const CreateTable *create, const char *database, TableDef **out,
                  Error *err);

/* A column by itself: its name, its default. */
bool create_check_column(Profile profile, const SimColumn *column, Error *err);
