/* walferry-transform: a worker between capture and the loaders. */
#include "common/stage.h"
#include "transform/transform.h"

int main(int argc, char **argv)
{
    Error err = {0};
    CLEANUP(stage_close) Stage *stage = NULL;
    CLEANUP(transform_close) Transform *transform = NULL;

    if (stage_open(&stage, WALFERRY__CONTROL__ROLE__ROLE_TRANSFORM, argc, argv, &err) &&
        transform_open(&transform, stage, &err))
        transform_run(transform, &err);
    return stage_finish(stage, &err);
}
