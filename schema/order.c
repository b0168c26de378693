#include "schema/order.h"

#include "common/mem.h"

#include <stdint.h>

/* Who needs a thing, as slices of one array: users[first[n]] to users[first[n + 1]]. */
typedef struct Users {
    size_t *first, *users;
} Users;

static void users_done(Users *users)
{
    mem_free(&users->first);
    mem_free(&users->users);
}

static void find_users(Users *u, const OrderNeeds *needs, size_t count)
{
    size_t total = 0;

    u->first = mem_alloc((count + 2) * sizeof *u->first);
    for (size_t i = 0; i < count; i++) {
        total += needs[i].count;
        for (size_t k = 0; k < needs[i].count; k++)
            u->first[needs[i].numbers[k] + 2]++;
    }
    for (size_t n = 2; n < count + 2; n++)
        u->first[n] += u->first[n - 1];
    u->users = mem_alloc((total + 1) * sizeof *u->users);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < needs[i].count; k++)
            u->users[u->first[needs[i].numbers[k] + 1]++] = i;
    }
}

bool order_by_needs(const OrderNeeds *needs, size_t count, size_t *out, size_t *stuck)
{
    CLEANUP(users_done) Users users = {0};
    CLEANUP(mem_free) size_t *open = mem_alloc((count + 1) * sizeof *open);
    size_t placed = 0;

    find_users(&users, needs, count);
    for (size_t i = 0; i < count; i++) {
        open[i] = needs[i].count;
        if (open[i] == 0)
            out[placed++] = i;
    }
    for (size_t at = 0; at < placed; at++) {
        for (size_t k = users.first[out[at]]; k < users.first[out[at] + 1]; k++) {
            if (--open[users.users[k]] == 0)
                out[placed++] = users.users[k];
        }
    }
    for (size_t i = 0; i < count && placed < count; i++) {
        if (open[i] > 0)
            *stuck = i;
    }
    return placed == count;
}
