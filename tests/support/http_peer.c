#include "tests/support/http_peer.h"

#include "tests/support/cmocka_all.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PART_S = 30 };

static int listen_somewhere(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

HttpPeer http_peer_start(HttpPart *part)
{
    HttpPeer peer = {0};
    int listener = listen_somewhere(&peer.port);

    fflush(NULL);
    peer.pid = fork();
    if (peer.pid == 0) {
        alarm(PART_S);
        part(listener);
        _exit(0);
    }
    assert_true(peer.pid > 0);
    close(listener);
    return peer;
}

void http_peer_end(HttpPeer *peer)
{
    int status = -1;

    assert_int_equal(waitpid(peer->pid, &status, 0), peer->pid);
    assert_int_equal(status, 0);
}

int http_peer_closed_port(void)
{
    int port, fd = listen_somewhere(&port);

    close(fd);
    return port;
}

void peer_check(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "peer: %s\n", what);
    _exit(1);
}

int peer_accept(int listener)
{
    int fd = accept(listener, NULL, NULL);

    peer_check(fd >= 0, "no connection");
    return fd;
}

static char read_byte(int fd)
{
    char byte = 0;

    peer_check(read(fd, &byte, 1) == 1, "the connection ended");
    return byte;
}

const char *peer_read_headers(int fd)
{
    static char text[16384];
    size_t used = 0;

    do {
        peer_check(used + 1 < sizeof text, "too many headers");
        text[used++] = read_byte(fd);
        text[used] = '\0';
    } while (used < 4 || strcmp(text + used - 4, "\r\n\r\n") != 0);
    return text;
}

static size_t read_chunk_size(int fd)
{
    char line[32] = "";
    size_t used = 0;

    while (used < sizeof line - 1 && (line[used] = read_byte(fd)) != '\n')
        used++;
    return strtoul(line, NULL, 16);
}

void peer_read_some(int fd, size_t count)
{
    char buffer[65536];

    while (count > 0) {
        ssize_t got = read(fd, buffer, count < sizeof buffer ? count : sizeof buffer);

        peer_check(got > 0, "the connection ended in the body");
        count -= (size_t)got;
    }
}

size_t peer_read_chunked(int fd)
{
    size_t total = 0, size;

    while ((size = read_chunk_size(fd)) > 0) {
        peer_read_some(fd, size + 2);
        total += size;
    }
    peer_read_some(fd, 2);
    return total;
}

bool peer_is_silent(int fd, int ms)
{
    struct pollfd item = {.fd = fd, .events = POLLIN};

    return poll(&item, 1, ms) == 0;
}

void peer_write(int fd, const char *text)
{
    peer_check(write(fd, text, strlen(text)) == (ssize_t)strlen(text), "cannot write");
}

void peer_reply(int fd, const char *status, const char *body)
{
    dprintf(fd, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(body), body);
}

void peer_reset(int fd)
{
    struct linger hard = {.l_onoff = 1};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(fd);
}
