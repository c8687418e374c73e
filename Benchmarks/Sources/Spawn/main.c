// Runs a command and appends its wall time and peak memory as a line to a file:
//
//   Spawn FILE COMMAND [ARGUMENT …]
//
// The driver cannot measure peak memory itself: a child begins with the peak of the process that it
// was forked from, and the driver's holds all the vectors.
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: Spawn FILE COMMAND [ARGUMENT ...]\n");
    return 64;
  }
  double start = now();
  pid_t child = fork();
  if (child < 0) {
    perror("fork");
    return 71;
  }
  if (child == 0) {
    execvp(argv[2], argv + 2);
    perror(argv[2]);
    _exit(127);
  }
  int status;
  struct rusage usage;
  if (wait4(child, &status, 0, &usage) != child) {
    perror("wait4");
    return 71;
  }
  double seconds = now() - start;
#ifdef __APPLE__
  long kibibytes = usage.ru_maxrss / 1024;
#else
  long kibibytes = usage.ru_maxrss;
#endif
  FILE *file = fopen(argv[1], "a");
  if (!file || fprintf(file, "%.6f %ld\n", seconds, kibibytes) < 0 || fclose(file) != 0) {
    perror(argv[1]);
    return 73;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
