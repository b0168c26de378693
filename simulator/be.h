/* be - a backend: stream loads, their error logs, and whether it lives. Its context is a Node. */
#pragma once

#include "simulator/http.h"

extern const HttpHandler BE_HANDLER;
