/*
 * replica_role - session_replication_role = replica, under which a destination's triggers, rules
 * and foreign keys do not act a second time on what the source's have done already.
 *
 * Where the role may not have it, a table can be written to as long as it has none of these: then
 * both settings come to the same. Whoever is not given it must look (sql/dest_table.sql,
 * sql/existing_relations.sql: `acts`).
 */
#pragma once

#include "common/pg.h"

#define REPLICA_ROLE_SQL "SET session_replication_role = replica"

/* For the session; outside of a transaction. *taken false: the server does not allow it. */
NODISCARD bool replica_role_take(Pg *pg, bool *taken, Error *err);

/* May the session take it? It has not, afterwards. */
NODISCARD bool replica_role_may(Pg *pg, bool *may, Error *err);

/* The statement that allows it. For a role that is quoted where it must be; free() it. */
char *replica_role_grant(const Pg *pg, const char *role);
