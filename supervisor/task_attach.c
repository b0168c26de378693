/* Hello: a child takes the place it was started for, a stage that attaches one that is open. */
#include "supervisor/task_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static Place *child_of(Task *task, const Walferry__Control__Hello *hello)
{
    if (strcmp(hello->child, task->host->token) != 0)
        return NULL;
    for (size_t i = 0; i < task->place_count; i++) {
        Place *place = &task->places[i];

        if (place->pid > 0 && (uint64_t)place->pid == hello->pid && place->role == hello->role &&
            place->identity[0] == '\0')
            return place;
    }
    return NULL;
}

/* A transform always finds room, as long as there is work for one. */
static Place *extra_transform(Task *task)
{
    uint32_t number = 0;

    for (size_t i = 0; i < task->place_count; i++) {
        Place *place = &task->places[i];

        if (place->extra && place_is_empty(place)) {
            place->state = CHILD_WAITING;
            return place;
        }
        if (place->role == ROLE(TRANSFORM) && place->number >= number)
            number = place->number + 1;
    }
    if (task->place_count == PLACES_MAX)
        return NULL;
    Place *place = &task->places[task->place_count++];
    *place = (Place){.task = task->name,
                     .role = ROLE(TRANSFORM),
                     .number = number,
                     .extra = true,
                     .state = CHILD_WAITING};
    return place;
}

static bool is_role_wanted(const Task *task, Walferry__Control__Role role)
{
    for (size_t i = 0; i < task->place_count; i++) {
        if (task->places[i].role == role && task_wants(task, &task->places[i]))
            return true;
    }
    return false;
}

static bool is_external(const Task *task, Walferry__Control__Role role)
{
    return (task->host->external & 1u << role) != 0;
}

static Place *open_place(Task *task, Walferry__Control__Role role, int64_t now_ms)
{
    bool waits = false;

    for (size_t i = 0; i < task->place_count; i++) {
        Place *place = &task->places[i];

        if (place->role != role || place->extra)
            continue;
        if (place_is_open(place, now_ms))
            return place;
        waits |= place->external && !place_is_running(place);
    }
    return role == ROLE(TRANSFORM) && !waits ? extra_transform(task) : NULL;
}

static void say_why(char why[static TASK_WHY_MAX], const char *format, ...) PRINTF_LIKE(2, 3);

static void say_why(char why[static TASK_WHY_MAX], const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(why, TASK_WHY_MAX, format, arguments);
    va_end(arguments);
}

static Place *place_for_stranger(Task *task, const Walferry__Control__Hello *hello, int64_t now_ms,
                                 char why[static TASK_WHY_MAX])
{
    const char *role = place_role_name(hello->role);
    Place *place = NULL;

    if (hello->assigned && hello->role != ROLE(TRANSFORM))
        say_why(why, "the supervisor was started anew, or has not heard from it for too long");
    else if (task->halt >= HALT_STAGES)
        say_why(why, "task %s is %s", task->name, task_state(task));
    else if (!is_external(task, hello->role) && hello->role != ROLE(TRANSFORM))
        say_why(why, "the supervisor starts each %s itself; its option --external changes that",
                role);
    else if (!is_role_wanted(task, hello->role))
        say_why(why, "task %s has no work for a %s now", task->name, role);
    else if (!(place = open_place(task, hello->role, now_ms)))
        say_why(why, "task %s has each %s that it needs, or pauses after a failure of one",
                task->name, role);
    return place;
}

static bool admit(Task *task, Place *place, const char *peer, const Walferry__Control__Hello *hello,
                  int64_t now_ms)
{
    if (!place_hello(place, peer, hello, now_ms) || !place_is_running(place))
        return false;
    task_assign(task, place);
    if (place->role == ROLE(TRANSFORM)) { /* dials only: it is ready as soon as it is there */
        place->ready = true;
        place->ready_ms = now_ms;
        place_is_at_work(place);
        task->topology_changed = true;
    }
    return true;
}

bool task_hello(Task *task, const char *peer, const Walferry__Control__Hello *hello, int64_t now_ms,
                char why[static TASK_WHY_MAX])
{
    Place *place = task_place_of(task, peer);

    if (place) { /* its connection was made anew: it may have missed something */
        place_heard(place, now_ms);
        task->topology_changed = true;
        return true;
    }
    say_why(why, "it is not needed any more");
    place = hello->child[0] ? child_of(task, hello) : place_for_stranger(task, hello, now_ms, why);
    return place && admit(task, place, peer, hello, now_ms);
}
