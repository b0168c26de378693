/* walferry-loader: applies one lane at the destination. */
#include "loader/loader.h"

int main(int argc, char **argv)
{
    Error err = {0};
    CLEANUP(stage_close) Stage *stage = NULL;

    if (stage_open(&stage, WALFERRY__CONTROL__ROLE__ROLE_LOADER, argc, argv, &err))
        loader_run(stage, &err);
    return stage_finish(stage, &err);
}
