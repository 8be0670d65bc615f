/*
 * An MCP server on stdio that costs next to nothing. It answers a tools/call with the call's own
 * argument `message`, so that request and answer carry the same payload.
 *
 * A yardstick, not a server to use: it looks for the few members it needs, wherever they stand, and
 * checks nothing. The message may have no escaped quote in it.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A piece of a line. Where something was looked for and not found, its length is 0. */
struct piece {
  const char *at;
  size_t length;
};

static char waiting[64 * 1024]; /* answers that were not written yet */
static size_t waiting_length;

static void write_all(struct piece bytes) {
  while (bytes.length > 0) {
    ssize_t went = write(1, bytes.at, bytes.length);
    if (went <= 0) exit(1);
    bytes.at += went;
    bytes.length -= went;
  }
}

static void flush(void) {
  write_all((struct piece){waiting, waiting_length});
  waiting_length = 0;
}

static void put(struct piece bytes) {
  if (waiting_length + bytes.length > sizeof waiting) flush();
  if (bytes.length > sizeof waiting) {
    write_all(bytes);
  } else {
    memcpy(waiting + waiting_length, bytes.at, bytes.length);
    waiting_length += bytes.length;
  }
}

static void put_text(const char *text) { put((struct piece){text, strlen(text)}); }

/* The value of a member whose key is given with its quotes: a string with its own, or a number. */
static struct piece value_of(struct piece in, const char *key) {
  const char *end = in.at + in.length;
  const char *at = memmem(in.at, in.length, key, strlen(key));
  if (at == NULL) return (struct piece){end, 0};
  at += strlen(key);
  while (at < end && (*at == ' ' || *at == ':')) at++;
  const char *last = at;
  if (at < end && *at == '"') {
    last = memchr(at + 1, '"', end - at - 1);
    last = last == NULL ? end : last + 1;
  } else {
    while (last < end && *last != ',' && *last != '}' && *last != ' ') last++;
  }
  return (struct piece){at, last - at};
}

static int is(struct piece value, const char *text) {
  return value.length == strlen(text) && memcmp(value.at, text, value.length) == 0;
}

/* What stands behind `"result":` or takes its place, for all but calls. */
static void put_other(struct piece line) {
  struct piece method = value_of(line, "\"method\"");
  if (is(method, "\"initialize\"")) {
    struct piece version = value_of(line, "\"protocolVersion\"");
    put_text("\"result\":{\"capabilities\":{\"tools\":{}},"
             "\"serverInfo\":{\"name\":\"echo\",\"version\":\"1\"},\"protocolVersion\":");
    if (version.length > 0) put(version);
    else put_text("\"2025-06-18\"");
    put_text("}");
  } else if (is(method, "\"tools/list\"")) {
    put_text("\"result\":{\"tools\":[{\"name\":\"echo\",\"inputSchema\":{\"type\":\"object\","
             "\"properties\":{\"message\":{\"type\":\"string\"}}}}]}");
  } else if (is(method, "\"ping\"")) {
    put_text("\"result\":{}");
  } else {
    put_text("\"error\":{\"code\":-32601,\"message\":\"Method not found\"}");
  }
}

static void answer(struct piece line) {
  struct piece message = value_of(line, "\"message\"");
  /* The payload is long: what else there is stands before and behind it. */
  struct piece before = {line.at, message.at - line.at};
  struct piece behind = {message.at + message.length, line.length - before.length - message.length};
  struct piece id = value_of(before, "\"id\"");
  if (id.length == 0) id = value_of(behind, "\"id\"");
  if (id.length == 0) return; /* a notification */
  put_text("{\"jsonrpc\":\"2.0\",\"id\":");
  put(id);
  put_text(",");
  if (message.length > 0) {
    put_text("\"result\":{\"content\":[{\"type\":\"text\",\"text\":");
    put(message);
    put_text("}]}");
  } else {
    put_other(line);
  }
  put_text("}\n");
}

int main(void) {
  size_t room = 256 * 1024, length = 0;
  char *held = malloc(room);
  while (held != NULL) {
    ssize_t came = read(0, held + length, room - length);
    if (came <= 0) return 0;
    char *start = held, *end = held + length + came;
    char *unsearched = held + length, *newline;
    while ((newline = memchr(unsearched, '\n', end - unsearched)) != NULL) {
      answer((struct piece){start, newline - start});
      start = unsearched = newline + 1;
    }
    flush();
    length = end - start;
    if (start > held) memmove(held, start, length);
    if (length == room) held = realloc(held, room *= 2);
  }
  return 1;
}
