/*
 * The child that starves its CPU, and innocents beside it that a report must not blame.
 */
#include "way.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long an innocent runs before or after. */
#define BESIDE_NS 1500000ULL

/* A fast file, over and over: it looks busy in the same system call as the hog. */
static void read_fast_file(uint64_t ns)
{
	uint64_t end = hog_now_ns() + ns;
	char buf[4096];
	int fd = open("/proc/self/stat", O_RDONLY);

	while (fd >= 0 && hog_now_ns() < end)
		if (pread(fd, buf, sizeof(buf), 0) <= 0)
			break;
	close(fd);
}

static pid_t fork_here(const struct hog *h, const char *comm)
{
	pid_t pid = fork();

	if (pid < 0)
		hog_skip("fork fails");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		prctl(PR_SET_NAME, comm);
		signal(SIGTERM, SIG_DFL);
		signal(SIGINT, SIG_IGN);
		hog_pin_to_cpu(h->cpu);
	}
	return pid;
}

static void wait_byte(int fd)
{
	char c;

	if (read(fd, &c, 1) != 1)
		_exit(1);
}

static void send_byte(int fd)
{
	if (write(fd, "", 1) != 1)
		_exit(1);
}

void hog_in_child(struct hog *h, void (*act)(struct hog *h))
{
	pid_t hog, innocent = 0;
	int before[2], after[2];

	if (pipe(before) || pipe(after))
		hog_skip("no pipe");
	hog = fork_here(h, "hog-child");
	if (hog == 0) {
		if (h->beside == BESIDE_BEFORE)
			wait_byte(before[0]);
		act(h);
		if (h->beside == BESIDE_AFTER)
			send_byte(after[1]);
		_exit(0);
	}
	if (h->beside == BESIDE_BEFORE || h->beside == BESIDE_AFTER)
		innocent = fork_here(h, "innocent");
	if (innocent == 0 && h->beside == BESIDE_BEFORE) {
		read_fast_file(BESIDE_NS);
		send_byte(before[1]);
		_exit(0);
	}
	if (innocent == 0 && h->beside == BESIDE_AFTER) {
		wait_byte(after[0]);
		read_fast_file(BESIDE_NS);
		_exit(0);
	}
	for (int i = 0; i < 2; i++) {
		close(before[i]);
		close(after[i]);
	}
	waitpid(hog, NULL, 0);
	if (innocent > 0)
		waitpid(innocent, NULL, 0);
}

void hog_in_told_child(struct hog *h, uint64_t ns, void (*act)(struct hog *h))
{
	h->order->tid = ~0U;
	h->order->spin_ns = ns;
	hog_in_child(h, act);
	hog_await(h, 0);
}

void hog_beside_begin(struct hog *h)
{
	if (h->beside != BESIDE_READER)
		return;
	h->reader = fork_here(h, "innocent");
	if (h->reader == 0)
		for (;;)
			read_fast_file(1000000000);
}

void hog_beside_end(struct hog *h)
{
	if (h->reader <= 0)
		return;
	kill(h->reader, SIGTERM);
	waitpid(h->reader, NULL, 0);
}
