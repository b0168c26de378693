/* create_properties - PROPERTIES of CREATE TABLE: what is known, forced, or refused. Pure. */
#pragma once

#include "simulator/ddl_parse.h"
#include "simulator/profile.h"

/* Fills merge-on-write, sequence and properties of a definition whose columns are there. */
bool create_properties(Profile profile, const CreateTable *create, TableDef *def, Error *err);
