/*
 * A stack of known depth and names: main > level_1 > … > level_12 > work. Built with or without
 * frame pointers, by any compiler: the names must be all there, in this order.
 *
 *	depth SECONDS [REPEAT]	with REPEAT it runs itself again that often, SECONDS each
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline, noipa_if_known))
#if defined(__clang__)
#define noipa_if_known
#else
#define noipa_if_known noipa
#endif

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int work(int n);
NOINLINE int work(int n)
{
	volatile int v = n;

#ifdef VDSO
	for (int i = 0; i < 3000; i++)
		v += (int)now();
#else
	for (int i = 0; i < 300000; i++)
		v = v * 5 + i;
#endif
	return v;
}

/* Frames of different sizes and saved registers. */
#define LEVEL(name, next, pad)                              \
	int name(int n);                                    \
	NOINLINE int name(int n)                            \
	{                                                   \
		volatile char room[pad];                    \
		int a = n * 3, b = n + 7, c = n ^ 21, r;    \
                                                            \
		room[n & (pad - 1)] = (char)n;              \
		r = next(n + room[n & (pad - 1)] % 2);      \
		return r + a * b + c + room[c & (pad - 1)]; \
	}

LEVEL(level_12, work, 16)
LEVEL(level_11, level_12, 256)
LEVEL(level_10, level_11, 8)
LEVEL(level_9, level_10, 64)
LEVEL(level_8, level_9, 1024)
LEVEL(level_7, level_8, 8)
LEVEL(level_6, level_7, 32)
LEVEL(level_5, level_6, 512)
LEVEL(level_4, level_5, 8)
LEVEL(level_3, level_4, 128)
LEVEL(level_2, level_3, 8)
LEVEL(level_1, level_2, 64)

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 1, end = now() + seconds;
	int repeat = argc > 2 ? atoi(argv[2]) : 0, v = 0;

	for (int i = 0; i < repeat; i++) {
		pid_t pid = fork();

		if (!pid) {
			execl("/proc/self/exe", "depth", argv[1], (char *)NULL);
			_exit(127);
		}
		waitpid(pid, NULL, 0);
	}
	while (!repeat && now() < end)
		v += level_1(v & 3);
	return v == 1;
}
