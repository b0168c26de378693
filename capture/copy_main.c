#include "capture/copy_worker.h"

int main(int argc, char **argv)
{
    Stage *stage = NULL;
    Error err = {0};

    if (stage_open(&stage, WALFERRY__CONTROL__ROLE__ROLE_COPY, argc, argv, &err))
        copy_worker_run(stage, &err);

    int status = stage_finish(stage, &err);
    stage_close(&stage);
    return status;
}
