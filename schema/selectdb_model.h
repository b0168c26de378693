/*
 * selectdb_model - what loaders are told of the tables at SelectDB: designs as a Model. Pure.
 */
#pragma once

#include "model.pb-c.h"
#include "schema/selectdb_tables.h"

/* The model was built of the same catalog. Nothing of it travels in binary. */
void selectdb_model_fill(Walferry__Model__Model *model, const SelectdbTables *tables);
