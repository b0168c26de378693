#include "common/backoff.h"

int backoff_grow(Backoff *backoff)
{
    int pause = backoff->next_ms ? backoff->next_ms : backoff->first_ms;

    backoff->next_ms = pause > backoff->most_ms / 2 ? backoff->most_ms : pause * 2;
    return pause;
}

void backoff_reset(Backoff *backoff)
{
    backoff->next_ms = 0;
}
