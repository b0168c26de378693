/*
 * profile - which of the real ones the simulator is. What differs between them is asked for by the
 * functions below, so that no other file compares profiles.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum Profile {
    PROFILE_DORIS_30_LOCAL, /* doris-3.0-local */
    PROFILE_DORIS_4X_LOCAL, /* doris-4.x-local */
    PROFILE_SELECTDB_CLOUD, /* selectdb-cloud */
} Profile;

bool profile_parse(const char *name, Profile *out);
const char *profile_name(Profile profile);

/* Storage and compute apart: properties are forced, 2PC on merge-on-write tables is refused. */
bool profile_is_cloud(Profile profile);

/* ---- CSV ---- */

/* A quote inside quotes may be doubled (since PR #50101). */
bool profile_doubled_quotes(Profile profile);
/* Enclosing quotes go without trim_double_quotes (since PR #54937). */
bool profile_trims_enclose(Profile profile);

/* ---- loads ---- */

/* The header partial_update_new_key_behavior is known (since PR #41232); before, strict_mode
 * decides. */
bool profile_new_key_header(Profile profile);
/* string_type_length_soft_limit_bytes. */
size_t profile_string_limit(Profile profile);

/* The reply has ReceiveDataTimeMs (since 2024-09), FirstErrorMsg (since 2025-09). */
bool profile_receive_time(Profile profile);
bool profile_first_error(Profile profile);
/* get_load_state of a label that nobody has used is an error, not "UNKNOWN". */
bool profile_unknown_label_fails(Profile profile);
/* The limits of the labels: seconds, a count or 0, attempts or 0, running or 0. */
int64_t profile_label_keep_s(Profile profile);
int64_t profile_label_num_threshold(Profile profile);
int64_t profile_max_aborted(Profile profile);
int64_t profile_max_running(Profile profile);

/* ---- SQL ---- */

/* Any statement over /api/query (since PR #51547), else SELECT, SHOW and DDL. */
bool profile_any_statement(Profile profile);
/* enable_unicode_name_support. */
bool profile_unicode_names(Profile profile);
