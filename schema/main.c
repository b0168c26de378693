/* walferry-schema: one job at both ends, then the end. */
#include "schema/schema.h"

int main(int argc, char **argv)
{
    Error err = {0};
    CLEANUP(stage_close) Stage *stage = NULL;

    if (stage_open(&stage, WALFERRY__CONTROL__ROLE__ROLE_SCHEMA, argc, argv, &err))
        (void)!schema_run(stage, &err);
    return stage_finish(stage, &err);
}
