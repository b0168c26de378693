/*
 * http_peer - the other end of a connection, word for word: a process that accepts on a port of its
 * own and plays a part. What it saw is checked in it: it ends with 0 if all was as it should be.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct HttpPeer {
    int port;
    pid_t pid;
} HttpPeer;

typedef void HttpPart(int listener);

HttpPeer http_peer_start(HttpPart *part);
/* Waits for its end; fails the test if something was not as it should be. */
void http_peer_end(HttpPeer *peer);
/* A port on which nobody listens. */
int http_peer_closed_port(void);

/* For parts. Each ends the process with an error when it cannot do what it is there for. */
int peer_accept(int listener);
/* Up to the end of the headers. Returns a text that the next call overwrites. */
const char *peer_read_headers(int fd);
/* A chunked body to its end. Returns its length. */
size_t peer_read_chunked(int fd);
/* At least so many bytes, whatever they are. */
void peer_read_some(int fd, size_t count);
bool peer_is_silent(int fd, int ms);
void peer_write(int fd, const char *text);
/* Sends {"code":..} or whatever as a whole reply with its length. */
void peer_reply(int fd, const char *status, const char *body);
void peer_reset(int fd);
void peer_check(bool holds, const char *what);
