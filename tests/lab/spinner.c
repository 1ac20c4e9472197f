/*
 * Keeps a CPU from idling, in user mode, at the lowest priority: spinner CPU [SECONDS]
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

int main(int argc, char **argv)
{
	struct sched_param param = { 0 };
	time_t end = time(NULL) + (argc > 2 ? strtol(argv[2], NULL, 10) : 60);
	volatile unsigned long n = 0;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(argc > 1 ? strtoul(argv[1], NULL, 10) : 0, &set);
	if (sched_setaffinity(0, sizeof(set), &set)) {
		perror("spinner: CPU");
		return 1;
	}
	/* Gone with whoever started it. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sched_setscheduler(0, SCHED_IDLE, &param);
	while (time(NULL) < end)
		for (int i = 0; i < 1000000; i++)
			n++;
	return 0;
}
