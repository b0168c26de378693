/* fe - the frontend: who is asked what, by method and path. Its context is the FE's Node. */
#pragma once

#include "simulator/auth.h"
#include "simulator/http.h"
#include "simulator/sim.h"

extern const HttpHandler FE_HANDLER;

/* PUT /api/{db}/{table}/_stream_load: answered from the headers alone (fe_load.c). */
HttpNext fe_load(Node *fe, HttpRequest *request, const char *const *parts, size_t count);

/* POST /api/query/{ns}/{db} (fe_query.c). */
HttpNext fe_query(Node *fe, HttpRequest *request, const char *user, const char *ns,
                  const char *database, Str body);

/* The reply when the caller is not who he says; HTTP_CONTINUE if he is. */
HttpNext fe_authenticate(Node *fe, HttpRequest *request, Credentials *out);
