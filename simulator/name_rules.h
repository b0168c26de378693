/* name_rules - which names may be given. [FE] common/FeNameFormat.java. Pure. */
#pragma once

#include "common/error.h"
#include "simulator/profile.h"

bool name_rules_database(Profile profile, const char *name, Error *err);
bool name_rules_table(Profile profile, const char *name, Error *err);
bool name_rules_column(Profile profile, const char *name, Error *err);
