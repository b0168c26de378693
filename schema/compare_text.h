/*
 * compare_text - values of both sides brought to one text, so that rows of PostgreSQL and SelectDB
 * can be compared; and the digest of a table. Pure.
 *
 * docs/types.md says what each type loses on the way. What is lost there is not seen here: zeros
 * behind the point, the order of the keys of JSON and the form of its numbers, the offset of a
 * time.
 */
#pragma once

#include "common/bytes.h"
#include "common/doris_type.h"

/* A value of a row, NULL or as its server gives it. */
typedef struct CompareValue {
    DorisType type; /* at SelectDB */
    Str text;
    bool null;
} CompareValue;

/* The row's text so far gets one more value. */
void compare_text_add(Bytes *row, CompareValue value);

/* A value of the source that SelectDB cannot hold, and that becomes NULL if the task says so. */
bool compare_text_is_unfit(CompareValue value);

/* The sum of the rows' hashes: their order makes no difference. */
typedef struct CompareDigest {
    int64_t rows;
    uint64_t sum;
} CompareDigest;

void compare_digest_add(CompareDigest *digest, Str row);
void compare_digest_take(CompareDigest *digest, Str row);
