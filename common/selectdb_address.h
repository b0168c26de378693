/*
 * selectdb_address - addresses of back ends: what a front end sends us to, and how it is reached
 * from here. Pure.
 */
#pragma once

#include "common/arena.h"
#include "common/task_file.h"

typedef struct SelectdbAddress {
    const char *name; /* HOST:PORT as it was given */
    const char *url; /* with the mapped HOST:PORT, without credentials and without an empty query */
} SelectdbAddress;

/*
 * Takes the URL of a redirect apart; user and password in it are forgotten. False: it is no http
 * URL. The texts are in the arena.
 */
NODISCARD bool selectdb_address_read(const char *location, const TaskRedirect *redirects,
                                     size_t redirect_count, Arena *arena, SelectdbAddress *out);

/* Of a URL's path: all but letters, digits and -._~ become %XX. */
const char *selectdb_path_segment(Arena *arena, const char *name);
