/*
 * publication - a digest of a publication and its members, by which both its maker (schema) and its
 * reader (capture) know it again. Made anew, or with a member taken out and put back, it has
 * another one: such a publication has lost rows in between.
 */
#pragma once

#include "common/pg.h"

/* One statement; its row has `digest`; no row when there is no such publication. free() it. */
char *publication_digest_sql(Pg *pg, const char *publication);

/* CONFIG when there is no such publication. */
NODISCARD bool publication_digest(Pg *pg, const char *publication, uint64_t *out, Error *err);
