/*
 * A server for measuring: answers each call at once, in one thread; the path says with what.
 *
 *   upstream PORT        0 for any that is free; prints `port=…`
 *
 *   /small  150 bytes of JSON
 *   /big    100 KB of JSON
 *   /sse    a stream of three events, each written by itself, of which the last is the answer
 *
 * A yardstick, not a server to use: it looks for the id of the call and reads nothing else.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 64 * 1024, BIG = 100 * 1000, OUT = BIG + 4096, EVENTS = 256 };

struct connection {
  int fd;
  char *in; /* what came */
  size_t have;
  char *out; /* what goes */
  size_t length, sent;
};

static int epoll;
static char big[BIG + 1];

static void watch(struct connection *connection, int how, unsigned what) {
  struct epoll_event event = {what, {.ptr = connection}};
  epoll_ctl(epoll, how, connection->fd, &event);
}

static void end(struct connection *connection) {
  close(connection->fd);
  free(connection->in);
  free(connection->out);
  free(connection);
}

/* Sends what goes, and what cannot go yet when it can. Whether the other side is there. */
static int flush(struct connection *connection) {
  while (connection->sent < connection->length) {
    ssize_t went = send(connection->fd, connection->out + connection->sent,
                        connection->length - connection->sent, MSG_NOSIGNAL);
    if (went < 0) {
      watch(connection, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
      return errno == EAGAIN;
    }
    connection->sent += went;
  }
  connection->sent = connection->length = 0;
  return 1;
}

static void put(struct connection *connection, const char *text) {
  size_t length = strlen(text);
  memcpy(connection->out + connection->length, text, length);
  connection->length += length;
}

static int answer_by_events(struct connection *connection, long id) {
  char data[300], event[400], chunk[500];
  put(connection, "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
                  "cache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n");
  for (int n = 0; n < 3; n++) {
    if (n < 2) {
      sprintf(data, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":"
                    "{\"progressToken\":1,\"progress\":%d,\"total\":3}}", n);
    } else {
      sprintf(data, "{\"jsonrpc\":\"2.0\",\"id\":%ld,\"result\":{\"content\":"
                    "[{\"type\":\"text\",\"text\":\"done\"}]}}", id);
    }
    int size = sprintf(event, "event: message\nid: %d\ndata: %s\n\n", n, data);
    sprintf(chunk, "%x\r\n%s\r\n%s", size, event, n < 2 ? "" : "0\r\n\r\n");
    put(connection, chunk);
    if (!flush(connection)) return 0;
  }
  return 1;
}

static int answer_by_body(struct connection *connection, long id, const char *text) {
  char before[200], head[200];
  const char *after = "\"}]}}";
  size_t size = strlen(text) + strlen(after);
  size += sprintf(before, "{\"jsonrpc\":\"2.0\",\"id\":%ld,\"result\":{\"content\":"
                          "[{\"type\":\"text\",\"text\":\"", id);
  sprintf(head, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %zu\r\n\r\n",
          size);
  put(connection, head);
  put(connection, before);
  put(connection, text);
  put(connection, after);
  return flush(connection);
}

/* Answers the request that has come, if it is whole. Whether the other side is there. */
static int serve(struct connection *connection) {
  char *in = connection->in, *end;
  in[connection->have] = 0;
  if ((end = strstr(in, "\r\n\r\n")) == NULL) return connection->have < ROOM;
  const char *length = strcasestr(in, "\r\ncontent-length:");
  size_t whole = end + 4 - in;
  if (length != NULL && length < end) whole += atol(length + strlen("\r\ncontent-length:"));
  if (whole > ROOM) return 0;
  if (connection->have < whole) return 1;
  const char *id = strstr(end, "\"id\":");
  long call = id == NULL ? 0 : atol(id + strlen("\"id\":"));
  connection->have = 0; /* nobody here asks before they are answered */
  if (strncmp(in, "POST /sse ", 10) == 0) return answer_by_events(connection, call);
  return answer_by_body(connection, call, strncmp(in, "POST /big ", 10) == 0 ? big : "done");
}

static int take(struct connection *connection) {
  ssize_t got = recv(connection->fd, connection->in + connection->have,
                     ROOM - connection->have, MSG_DONTWAIT);
  if (got < 0 && errno == EAGAIN) return 1;
  if (got <= 0) return 0;
  connection->have += got;
  return serve(connection);
}

static void accept_all(int listener) {
  for (int fd, one = 1; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
    struct connection *connection = calloc(1, sizeof *connection);
    connection->fd = fd;
    connection->in = malloc(ROOM + 1);
    connection->out = malloc(OUT);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    watch(connection, EPOLL_CTL_ADD, EPOLLIN);
  }
}

/* Listens on a port, 0 for any, and says which. */
static int listening(int port) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
  struct sockaddr_in at = {.sin_family = AF_INET,
                           .sin_port = htons(port),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof at;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, (void *)&at, size) != 0 || listen(listener, 1024) != 0) {
    perror("cannot listen");
    exit(1);
  }
  getsockname(listener, (void *)&at, &size);
  printf("port=%d\n", ntohs(at.sin_port));
  fflush(stdout);
  return listener;
}

int main(int count, char **words) {
  int listener = listening(count > 1 ? atoi(words[1]) : 0);
  memset(big, 'x', BIG);
  epoll = epoll_create1(0);
  struct epoll_event event = {EPOLLIN, {.ptr = NULL}}, events[EVENTS];
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    int ready = epoll_wait(epoll, events, EVENTS, -1);
    for (int n = 0; n < ready; n++) {
      struct connection *connection = events[n].data.ptr;
      if (connection == NULL) {
        accept_all(listener);
        continue;
      }
      int is_there = 1;
      if (events[n].events & EPOLLOUT) {
        watch(connection, EPOLL_CTL_MOD, EPOLLIN);
        is_there = flush(connection);
      }
      if (is_there && events[n].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) is_there = take(connection);
      if (!is_there) end(connection);
    }
  }
}
