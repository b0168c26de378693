/* settings - the numbers that tests turn while the simulator runs, as one JSON object. */
#pragma once

#include "simulator/sim.h"

/* All or nothing; a name that is not known is refused. */
NODISCARD bool settings_apply(Simulator *sim, Str json, Error *err);
void settings_list(Simulator *sim, Bytes *out);
