/* http_internal - what the two files of http share; libcurl's handles are void * here. */
#pragma once

#include "common/http.h"

struct pollfd;

struct Http {
    void *multi;
    char *ca_file;
    struct pollfd *sockets; /* that libcurl wants to hear of */
    size_t socket_count, socket_room;
    int64_t due_ms; /* when libcurl wants to be called at the latest; -1: not */
};

/* libcurl is done with it; code is a CURLcode. */
void http_request_ended(HttpRequest *request, int code);
