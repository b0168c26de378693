/*
 * unsupported - what of the selected tables cannot be copied faithfully yet, object by object, with
 * the reason.
 */
#pragma once

#include "schema/catalog.h"

typedef struct UnsupportedItem {
    bool fatal;         /* false: the rows are right, something beside them is not made */
    const char *kind;   /* type, inheritance, trigger, ... */
    const char *object; /* public.t.column, public.t: constraint */
    const char *reason;
} UnsupportedItem;

typedef void UnsupportedSink(void *self, const UnsupportedItem *item);

/*
 * What the tables need is looked at if objects_read() has been called. At SelectDB only the tables
 * themselves count: nothing else of theirs is made there, and every value has a text.
 */
NODISCARD bool unsupported_each(Pg *pg, const TaskFile *task, Arena *arena, const Catalog *catalog,
                                UnsupportedSink *sink, void *self, Error *err);

/* CONFIG with the first fatal item if there is one. */
NODISCARD bool unsupported_refuse(Pg *pg, const TaskFile *task, Arena *arena,
                                  const Catalog *catalog, Error *err);
