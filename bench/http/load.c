/*
 * The load: clients that each call, wait for the answer, and call again; one thread for all of them.
 *
 *   load PORT PATH CLIENTS SECONDS WARM_SECONDS
 *
 * Prints a line of JSON: calls a second, and percentiles of their time in microseconds. Ends with 1
 * at an answer that is not 200 with the id of its call, or when a connection is closed.
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
#include <time.h>

enum { ROOM = 256 * 1024, EVENTS = 256, PATIENCE_MS = 60000 };

struct client {
  int fd;
  long id; /* of the call that it waits for */
  double asked_at;
  char *in;
  size_t have;
};

static int port;
static const char *path;
static long ids;

static double now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static void fail(const char *what, const struct client *client) {
  fprintf(stderr, "%s: %.*s\n", what, client->have > 300 ? 300 : (int)client->have, client->in);
  exit(1);
}

static void call(struct client *client) {
  char body[300], request[1000];
  client->id = ++ids;
  client->have = 0;
  client->asked_at = now_us();
  int size = sprintf(body,
                     "{\"jsonrpc\":\"2.0\",\"id\":%ld,\"method\":\"tools/call\",\"params\":{\"name\":"
                     "\"echo\",\"arguments\":{\"message\":\"hello world\",\"n\":42}}}",
                     client->id);
  int length = snprintf(request, sizeof request,
                        "POST %s HTTP/1.1\r\nhost: 127.0.0.1:%d\r\n"
                        "content-type: application/json\r\n"
                        "accept: application/json, text/event-stream\r\n"
                        "mcp-protocol-version: 2025-11-25\r\nmcp-session-id: bench\r\n"
                        "user-agent: load\r\ncontent-length: %d\r\n\r\n%s",
                        path, port, size, body);
  if (send(client->fd, request, length, MSG_NOSIGNAL) != length) fail("cannot send", client);
}

static struct client *connected(int epoll) {
  struct client *client = calloc(1, sizeof *client);
  int one = 1;
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_port = htons(port),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  client->fd = socket(AF_INET, SOCK_STREAM, 0);
  client->in = malloc(ROOM + 1);
  if (connect(client->fd, (void *)&to, sizeof to) != 0) fail("cannot connect", client);
  setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  struct epoll_event event = {EPOLLIN, {.ptr = client}};
  epoll_ctl(epoll, EPOLL_CTL_ADD, client->fd, &event);
  return client;
}

/* Whether an answer has come to its end. */
static int is_whole(struct client *client) {
  char *in = client->in, *end;
  in[client->have] = 0;
  if ((end = strstr(in, "\r\n\r\n")) == NULL) return 0;
  *end = 0;
  const char *length = strcasestr(in, "\r\ncontent-length:");
  *end = '\r';
  size_t head = end + 4 - in;
  if (length != NULL) return client->have >= head + atol(length + strlen("\r\ncontent-length:"));
  return client->have >= head + 5 && memcmp(in + client->have - 5, "0\r\n\r\n", 5) == 0;
}

static void check(struct client *client) {
  char id[40];
  sprintf(id, "\"id\":%ld", client->id);
  if (strncmp(client->in, "HTTP/1.1 200", 12) != 0) fail("not 200", client);
  if (strstr(client->in, id) == NULL) fail("the answer to another call", client);
}

/* Takes what has come; whether it was all of an answer. */
static int is_answered(struct client *client) {
  ssize_t got = recv(client->fd, client->in + client->have, ROOM - client->have, MSG_DONTWAIT);
  if (got < 0 && errno == EAGAIN) return 0;
  if (got <= 0) fail("the connection was closed", client);
  client->have += got;
  if (!is_whole(client)) return 0;
  check(client);
  return 1;
}

static int by_value(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

int main(int count, char **words) {
  if (count != 6) return fputs("load PORT PATH CLIENTS SECONDS WARM_SECONDS\n", stderr), 2;
  port = atoi(words[1]);
  path = words[2];
  double seconds = atof(words[4]);
  int epoll = epoll_create1(0);
  for (int n = atoi(words[3]); n > 0; n--) call(connected(epoll));

  size_t room = 1 << 20, calls = 0;
  float *times = malloc(room * sizeof *times);
  double from = now_us() + atof(words[5]) * 1e6, until = from + seconds * 1e6;
  struct epoll_event events[EVENTS];
  while (now_us() < until) {
    int ready = epoll_wait(epoll, events, EVENTS, PATIENCE_MS);
    if (ready == 0) return fputs("no answer in a minute\n", stderr), 1;
    for (int n = 0; n < ready; n++) {
      struct client *client = events[n].data.ptr;
      if (!is_answered(client)) continue;
      double now = now_us();
      if (now >= from) {
        if (calls == room) times = realloc(times, (room *= 2) * sizeof *times);
        times[calls++] = now - client->asked_at;
      }
      call(client);
    }
  }
  if (calls == 0) return fputs("no call was answered in time\n", stderr), 1;
  qsort(times, calls, sizeof *times, by_value);
  printf("{\"callsPerSecond\":%.0f,\"p50\":%.1f,\"p99\":%.1f}\n", calls / seconds,
         times[calls / 2], times[calls * 99 / 100]);
}
