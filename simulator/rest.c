#include "simulator/rest.h"

#include "simulator/json_text.h"
#include <string.h>

HttpNext rest_send_json(HttpRequest *request, Str json, size_t cut)
{
    return http_reply(request, &(HttpReply){.status = 200,
                                            .type = "application/json;charset=UTF-8",
                                            .body = json,
                                            .cut = cut});
}

static const char *message_of(int code)
{
    switch (code) {
    case REST_OK:
        return "success";
    case REST_UNAUTHORIZED:
        return "Unauthorized";
    case REST_BAD_REQUEST:
        return "Bad Request";
    case REST_INTERNAL:
        return "Internal Error";
    default:
        return "Error";
    }
}

HttpNext rest_reply(HttpRequest *request, int code, const char *data)
{
    CLEANUP(bytes_done) Bytes out = {0};

    json_add_text(&out, "{\"msg\":");
    json_add_string(&out, str_of(message_of(code)));
    json_add_text(&out, ",\"code\":");
    json_add_number(&out, code);
    json_add_text(&out, ",\"data\":");
    json_add_string(&out, str_of(data));
    json_add_text(&out, ",\"count\":0}");
    return rest_send_json(request, bytes_str(&out), 0);
}

HttpNext rest_reply_data(HttpRequest *request, Str data)
{
    CLEANUP(bytes_done) Bytes out = {0};

    json_add_text(&out, "{\"msg\":\"success\",\"code\":0,\"data\":");
    bytes_add_str(&out, data);
    json_add_text(&out, ",\"count\":0}");
    return rest_send_json(request, bytes_str(&out), 0);
}

HttpNext rest_reply_failed(HttpRequest *request, const char *message)
{
    CLEANUP(bytes_done) Bytes out = {0};

    json_add_text(&out, "{\"status\":\"FAILED\",\"msg\":");
    json_add_string(&out, str_of(message));
    json_add_text(&out, "}");
    return rest_send_json(request, bytes_str(&out), 0);
}

HttpNext rest_not_found(HttpRequest *request)
{
    return http_reply(
        request,
        &(HttpReply){.status = 404, .type = "text/html;charset=utf-8", .body = STR("Not Found")});
}

size_t rest_split(HttpRequest *request, const char *parts[REST_SEGMENTS_MAX])
{
    char *path = arena_strdup(&request->arena, request->path);
    char *rest = path;
    size_t n = 0;

    for (char *part; (part = strsep(&rest, "/"));)
        if (*part && n < REST_SEGMENTS_MAX)
            parts[n++] = part;
    return n;
}
