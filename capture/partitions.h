/*
 * partitions - are the partitions at the source those of the model? Leafs are published one by one,
 * so that rows of a new one, or of a table that was attached, are in no stream: until DDL is
 * handled, any change of a partition ends the stream, by the name of the partition.
 *
 * Knows no connection: gives the questions and judges the answers. A digest is asked for often, all
 * partitions only when it has changed.
 */
#pragma once

#include "common/error.h"
#include "common/pg.h"
#include "model.pb-c.h"

typedef struct Partitions Partitions;

/* NULL: no table of the model is partitioned. Borrows the model. */
Partitions *partitions_open(const Walferry__Model__Model *model);
void partitions_close(Partitions **partitions);

const char *partitions_digest_sql(const Partitions *partitions);
const char *partitions_sql(const Partitions *partitions);

/* Answers of the first: is it what it was when all was last compared? */
bool partitions_same_digest(Partitions *partitions, const PgRows *digest);

/* Answers of the second. CONFIG: the first partition that is not as the model has it. */
NODISCARD bool partitions_compare(Partitions *partitions, const PgRows *rows, Error *err);
