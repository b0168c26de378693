/* store_internal - shared by the store's own files only. */
#pragma once

#include "store/sql.h"
#include "store/store.h"

struct Store {
    Sql *sql;
};
