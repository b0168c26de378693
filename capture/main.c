/* walferry-capture: reads the source's stream. */
#include "capture/capture.h"
#include "common/stage.h"

int main(int argc, char **argv)
{
    Error err = {0};
    CLEANUP(stage_close) Stage *stage = NULL;
    CLEANUP(capture_close) Capture *capture = NULL;

    if (stage_open(&stage, WALFERRY__CONTROL__ROLE__ROLE_CAPTURE, argc, argv, &err) &&
        capture_open(&capture, stage, &err))
        capture_run(capture, &err);
    return stage_finish(stage, &err);
}
