#include "common/replica_role.h"

#include "common/mem.h"

#include <string.h>

enum { GRANT_ON_PARAMETER_VERSION = 150000 };

bool replica_role_take(Pg *pg, bool *taken, Error *err)
{
    static const char NOT_ALLOWED[] = "42501";
    Error why = {0};

    *taken = pg_exec(pg, REPLICA_ROLE_SQL, NULL, &why);
    if (*taken || strcmp(pg_last_sqlstate(pg), NOT_ALLOWED) == 0)
        return true;
    *err = why;
    return false;
}

/* RESET wants the same privilege. */
bool replica_role_may(Pg *pg, bool *may, Error *err)
{
    return replica_role_take(pg, may, err) &&
           (!*may || pg_exec(pg, "RESET session_replication_role", NULL, err));
}

char *replica_role_grant(const Pg *pg, const char *role)
{
    if (pg_server_version(pg) < GRANT_ON_PARAMETER_VERSION)
        return mem_printf("ALTER ROLE %s SUPERUSER; (from PostgreSQL 15 on a GRANT will do)", role);
    return mem_printf("GRANT SET ON PARAMETER session_replication_role TO %s;", role);
}
