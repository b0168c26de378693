/*
 * place_end - why the process of a place has ended, and when the next one may follow. Private to
 * place.c.
 */
#pragma once

#include "supervisor/place.h"

/* True when nothing more is to be learnt about the end: a Fault or a result may still come in. */
bool place_end_is_clear(const Place *place, int64_t now_ms);

/* It ended by itself: place->error says why, place->due_ms when the next one may begin. */
PlaceFate place_plan_next(Place *place, const RetryLimits *limits, int64_t now_ms);
