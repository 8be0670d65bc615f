/*
 * Carries bytes between its own stdio and that of a program it starts, and looks at none of them:
 * what any process in between costs at the very least.
 *
 *     pump PROGRAM [WORD...]
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

struct direction {
  int from, to;
};

/* Carries until one of the ends is closed, then closes the other. */
static void *carry(void *argument) {
  const struct direction *way = argument;
  char chunk[64 * 1024];
  ssize_t came;
  while ((came = read(way->from, chunk, sizeof chunk)) > 0) {
    for (ssize_t done = 0, went; done < came; done += went) {
      went = write(way->to, chunk + done, came - done);
      if (went <= 0) goto end;
    }
  }
end:
  close(way->to);
  return NULL;
}

int main(int argc, char **argv) {
  int requests[2], answers[2];
  if (argc < 2) {
    fputs("usage: pump PROGRAM [WORD...]\n", stderr);
    return 2;
  }
  if (pipe2(requests, O_CLOEXEC) != 0 || pipe2(answers, O_CLOEXEC) != 0) {
    perror("pump: cannot make a pipe");
    return 1;
  }

  posix_spawn_file_actions_t stdio;
  posix_spawn_file_actions_init(&stdio);
  posix_spawn_file_actions_adddup2(&stdio, requests[0], 0);
  posix_spawn_file_actions_adddup2(&stdio, answers[1], 1);
  pid_t program;
  int fault = posix_spawnp(&program, argv[1], &stdio, NULL, argv + 1, environ);
  if (fault != 0) {
    fprintf(stderr, "pump: cannot start %s: %s\n", argv[1], strerror(fault));
    return 127;
  }
  close(requests[0]);
  close(answers[1]);

  struct direction to_program = {0, requests[1]}, from_program = {answers[0], 1};
  pthread_t thread;
  if (pthread_create(&thread, NULL, carry, &to_program) != 0) return 1;
  carry(&from_program);

  int status;
  waitpid(program, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
