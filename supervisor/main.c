#include "common/log.h"
#include "supervisor/supervisor.h"

int main(int argc, char **argv)
{
    SupervisorOptions options;

    log_open("walferry-supervisor");
    supervisor_options_parse(&options, argc, argv);
    return supervisor_run(&options);
}
