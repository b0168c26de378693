/*
 * label_text - what a label may look like, and what is said about one that is taken. Pure.
 */
#pragma once

#include "simulator/profile.h"
#include "simulator/txn.h"

/* ^[\-_A-Za-z0-9:]{1,128}$ (fe FeNameFormat.java) */
bool label_is_valid(const char *label);

/* ExistingJobStatus of a transaction that has the label (fe LabelAlreadyUsedException.java);
 * `legacy`: what a cloud before PR #42700 said, nothing. */
const char *label_existing_status(TxnState state, bool legacy);

/* The whole Message, with the code in front, into out. */
void label_taken_message(Profile profile, const Txn *txn, char *out, size_t size);
