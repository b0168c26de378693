#include "common/names.h"

#include <stdio.h>

const char *names_slot(const char *task, char out[OBJECT_NAME_MAX])
{
    snprintf(out, OBJECT_NAME_MAX, "walferry_%s", task);
    return out;
}

const char *names_application(const char *task, const char *role, char out[OBJECT_NAME_MAX])
{
    snprintf(out, OBJECT_NAME_MAX, "walferry_%s_%s", task, role);
    return out;
}
