/*
 * Runs a command and says what it took, as one JSON line in a file:
 *
 *	measure FILE [-c CPU] COMMAND [ARG…]
 *	{"wall_ns":…,"user_ns":…,"sys_ns":…,"rss_kb":…,"status":…}
 *
 * rss_kb is the peak resident set. The kernel takes the larger of before and after exec (exec_mmap
 * keeps the old mm's peak), so a command must be started from something as small as this.
 */
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static uint64_t ns_of(struct timeval t)
{
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_usec * 1000U;
}

static void pin(const char *text)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(atoi(text), &set);
	if (sched_setaffinity(0, sizeof(set), &set)) {
		fprintf(stderr, "measure: CPU %s: %s\n", text, strerror(errno));
		exit(125);
	}
}

int main(int argc, char **argv)
{
	const char *path = argc > 2 ? argv[1] : NULL;
	char **command = argv + 2;
	struct rusage used;
	uint64_t begin, end;
	int status;
	pid_t pid;
	FILE *out;

	if (path && argc > 4 && strcmp(command[0], "-c") == 0) {
		pin(command[1]);
		command += 2;
	}
	if (!path || !command[0]) {
		fprintf(stderr, "usage: measure FILE [-c CPU] COMMAND [ARG…]\n");
		return 125;
	}
	begin = now_ns();
	if (posix_spawnp(&pid, command[0], NULL, NULL, command, environ) ||
	    wait4(pid, &status, 0, &used) < 0) {
		perror(command[0]);
		return 125;
	}
	end = now_ns();
	out = fopen(path, "we");
	if (!out) {
		perror(path);
		return 125;
	}
	fprintf(out,
		"{\"wall_ns\":%" PRIu64 ",\"user_ns\":%" PRIu64 ",\"sys_ns\":%" PRIu64
		",\"rss_kb\":%ld,\"status\":%d}\n",
		end - begin, ns_of(used.ru_utime), ns_of(used.ru_stime), used.ru_maxrss,
		WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return fclose(out) ? 125 : 0;
}
