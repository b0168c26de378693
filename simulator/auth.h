/* auth - Basic authentication. Pure. */
#pragma once

#include "common/arena.h"

typedef enum AuthResult { AUTH_OK, AUTH_MISSING, AUTH_WRONG } AuthResult;

typedef struct Credentials {
    const char *user; /* without what follows an '@' (fe BaseController.java: a cluster) */
    const char *password;
} Credentials;

/* The header's value, which may be NULL. False: it is no Basic authorization. */
bool auth_decode(Arena *arena, const char *header, Credentials *out);

/* Besides root there is `user` ("": nobody), and both have the password. */
AuthResult auth_check(Arena *arena, const char *header, const char *user, const char *password,
                      Credentials *out);
