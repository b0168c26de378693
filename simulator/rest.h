/*
 * rest - the bodies of the FE, all with HTTP status 200: {"msg","code","data","count"}
 * (ResponseEntityBuilder) and {"status","msg"} (RestBaseResult); and a request whose body is
 * wanted whole before anything is done.
 */
#pragma once

#include "common/bytes.h"
#include "simulator/http.h"

/* fe httpv2/rest/RestApiStatusCode.java */
enum {
    REST_OK = 0,
    REST_ERROR = 1,
    REST_UNAUTHORIZED = 401,
    REST_BAD_REQUEST = 403,
    REST_INTERNAL = 500,
};

/* data is a text that becomes a JSON string. */
HttpNext rest_reply(HttpRequest *request, int code, const char *data);
/* code 0; data is JSON already. */
HttpNext rest_reply_data(HttpRequest *request, Str data);
HttpNext rest_reply_failed(HttpRequest *request, const char *message);
HttpNext rest_send_json(HttpRequest *request, Str json, size_t cut);
HttpNext rest_not_found(HttpRequest *request);

enum { REST_SEGMENTS_MAX = 8 };

/* The path's parts between slashes, in the request's arena; a part more than fit is not there. */
size_t rest_split(HttpRequest *request, const char *parts[REST_SEGMENTS_MAX]);
