/*
 * cast - a field's text to a column's value, as the real one casts it during a load, and the text
 * that a SELECT shows of it. Pure.
 *
 * A failed cast is NULL in the real one; whether the row is then kept or filtered is the load's.
 */
#pragma once

#include "common/arena.h"
#include "common/str.h"
#include "simulator/sim_type.h"
#include <stdint.h>

typedef enum CellForm { CELL_NULL, CELL_INTEGER, CELL_TEXT } CellForm;

typedef struct Cell {
    CellForm form;
    int64_t number;
    Str text;
} Cell;

typedef struct CastContext {
    Arena *arena;       /* of the texts that are not the field itself */
    int offset_minutes; /* of the load's zone: where datetimes with an offset of their own go */
} CastContext;

/*
 * Fills *out with an integer or a text. Lengths of CHAR, VARCHAR, STRING are not looked at. The
 * text may be the field's own bytes.
 */
bool cast_field(const SimType *type, Str field, CastContext *context, Cell *out);

/* UTC, Etc/UTC, GMT, Z, Asia/Shanghai, +08:00 ...; false for a zone that the simulator lacks. */
bool cast_zone_minutes(Str zone, int *out);

/* The families, by file. */
bool cast_integer(SimKind kind, Str field, int64_t *out);
bool cast_largeint(Str field, Arena *arena, Str *out);
bool cast_decimal(int precision, int scale, Str field, Arena *arena, Str *out);
bool cast_floating(bool is_float, Str field, Arena *arena, Str *out);
bool cast_boolean(Str field, int64_t *out);
bool cast_date(Str field, Arena *arena, Str *out);
bool cast_datetime(int scale, Str field, int offset_minutes, Arena *arena, Str *out);
bool cast_json(Str field, Arena *arena, Str *out);

/* Without the blanks at both ends, as the parsers of numbers take it. */
Str cast_trim(Str field);
