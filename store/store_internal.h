/* store_internal - shared by the store's own files only. */
#pragma once

#include "store/sql.h"
#include "store/store.h"

struct Store {
    Sql *sql;
};

/* store_chunk_done() within a transaction. */
NODISCARD bool store_mark_chunk(Store *store, const char *name, const StoreChunk *chunk,
                                uint64_t rows, uint64_t kept, uint64_t bytes, Error *err);
