#include "simulator/profile.h"

#include "common/compiler.h"

#include <string.h>

static const char *const NAMES[] = {
    [PROFILE_DORIS_30_LOCAL] = "doris-3.0-local",
    [PROFILE_DORIS_4X_LOCAL] = "doris-4.x-local",
    [PROFILE_SELECTDB_CLOUD] = "selectdb-cloud",
};

bool profile_parse(const char *name, Profile *out)
{
    for (size_t i = 0; i < COUNT_OF(NAMES); i++)
        if (strcmp(NAMES[i], name) == 0) {
            *out = (Profile)i;
            return true;
        }
    return false;
}

const char *profile_name(Profile profile)
{
    return NAMES[profile];
}

bool profile_is_cloud(Profile profile)
{
    return profile == PROFILE_SELECTDB_CLOUD;
}

/*
 * Nobody says which kernel a SelectDB instance runs. So the cloud profile is the harshest mixture:
 * the CSV reader of 3.0, names and statements of 3.0, and the new-key header that came later (it is
 * ignored where it is not known, which is 3.0's profile).
 */
bool profile_doubled_quotes(Profile profile)
{
    return profile == PROFILE_DORIS_4X_LOCAL;
}

bool profile_trims_enclose(Profile profile)
{
    return profile == PROFILE_DORIS_4X_LOCAL;
}

bool profile_new_key_header(Profile profile)
{
    return profile != PROFILE_DORIS_30_LOCAL;
}

size_t profile_string_limit(Profile profile)
{
    return profile == PROFILE_DORIS_4X_LOCAL ? 10485760 : 1048576;
}

bool profile_any_statement(Profile profile)
{
    return profile == PROFILE_DORIS_4X_LOCAL;
}

bool profile_unicode_names(Profile profile)
{
    return profile == PROFILE_DORIS_4X_LOCAL;
}

bool profile_receive_time(Profile profile)
{
    return profile != PROFILE_DORIS_30_LOCAL;
}

bool profile_first_error(Profile profile)
{
    return profile == PROFILE_DORIS_4X_LOCAL;
}

bool profile_unknown_label_fails(Profile profile)
{
    return profile_is_cloud(profile);
}

/* streaming_label_keep_max_second of the FE, label_keep_max_second of the meta-service. */
int64_t profile_label_keep_s(Profile profile)
{
    return profile_is_cloud(profile) ? 259200 : 43200;
}

int64_t profile_label_num_threshold(Profile profile)
{
    return profile_is_cloud(profile) ? 0 : 2000;
}

int64_t profile_max_aborted(Profile profile)
{
    return profile_is_cloud(profile) ? 100 : 0;
}

/* max_running_txn_num_per_db; the cloud's is not known: the smaller one. */
int64_t profile_max_running(Profile profile)
{
    return profile == PROFILE_DORIS_4X_LOCAL ? 10000 : 1000;
}
