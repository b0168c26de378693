#include "loader/reservoir.h"

int64_t reservoir_age_ms(const ReservoirAge *age, const ReservoirLimits *limits)
{
    return age->ms > limits->timeout_ms ? age->ms : limits->timeout_ms;
}

bool reservoir_is_full(const ReservoirLevel *level, const ReservoirLimits *limits)
{
    return level->changes >= limits->rows || level->bytes >= limits->bytes ||
           level->memory >= RESERVOIR_MEMORY * limits->bytes;
}

bool reservoir_is_due(const ReservoirLevel *level, const ReservoirAge *age,
                      const ReservoirLimits *limits, int64_t now_ms)
{
    return level->changes > 0 && now_ms - level->since_ms >= reservoir_age_ms(age, limits);
}

void reservoir_loaded(ReservoirAge *age, const ReservoirLimits *limits, bool versions)
{
    int64_t ms = reservoir_age_ms(age, limits);

    if (versions) {
        age->ms = ms * 2 > RESERVOIR_AGE_MAX_MS ? RESERVOIR_AGE_MAX_MS : ms * 2;
        age->calm = 0;
    } else if (ms > limits->timeout_ms && ++age->calm >= RESERVOIR_CALM_LOADS) {
        age->ms = ms / 2;
        age->calm = 0;
    }
}
