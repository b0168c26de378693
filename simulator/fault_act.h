/*
 * fault_act - carries out what a fault says that is the same at every moment; and says in the
 * journal that it struck. What belongs to one place only (redirects, forms of a reply) is done by
 * whoever asked.
 */
#pragma once

#include "simulator/sim.h"

/* The fault that strikes here and now, if any; it is in the journal then. */
bool fault_strikes(Node *node, FaultMoment moment, const FaultWhere *where, Fault *out);

typedef struct FaultPlace {
    Node *node; /* who is asked */
    HttpRequest *request;
    const FaultWhere *where;
    Node *be;      /* kill_be's victim */
    bool mid_body; /* no reply can be queued now */
} FaultPlace;

/* HTTP_CONTINUE: nothing more to it, or not a fault of every place. */
HttpNext fault_act(const FaultPlace *place, const Fault *fault);
