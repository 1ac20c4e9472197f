/*
 * irqs-off: interrupts are off while a process reads a slow pseudo-file, while one writes, and in a
 * kernel thread.
 */
#include "way.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void open_file(struct hog *h)
{
	hog_load(h);
	hog_attach(h);
	hog_pin(h);
}

static void read_file(struct hog *h)
{
	char buf[256];
	int fd = open(h->pinned, O_RDONLY);

	while (fd >= 0 && read(fd, buf, sizeof(buf)) > 0)
		;
	close(fd);
}

/* A reader that opens the file, reads it and is gone: cat, or what $HOG_READER says. */
static void run_reader(struct hog *h)
{
	const char *reader = getenv("HOG_READER");

	if (!freopen("/dev/null", "w", stdout))
		_exit(127);
	if (reader && strcmp(reader, "grep") == 0)
		execlp("grep", "grep", "-c", "x", h->pinned, NULL);
	else if (reader && strcmp(reader, "head") == 0)
		execlp("head", "head", "-n1", h->pinned, NULL);
	else
		execlp("cat", "cat", h->pinned, NULL);
	_exit(127);
}

static void starve_reader(struct hog *h, uint64_t ns)
{
	h->order->spin_ns = ns;
	hog_in_child(h, h->beside == BESIDE_NOBODY ? run_reader : read_file);
	hog_await(h, 0);
}

const struct way way_irqs_off = {
	.name = "irqs-off",
	.mechanism = "irqs-off",
	.accept = "hog_show,bpf_iter_run_prog,task_seq_show,bpf_seq_read",
	.program = "hog_show",
	.open = open_file,
	.starve = starve_reader,
};

static void open_probe(struct hog *h)
{
	hog_load(h);
	hog_attach(h);
}

static void write_socket(struct hog *h)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		_exit(1);
	h->order->tid = (unsigned int)getpid();
	if (write(pair[0], "hog", 3) != 3)
		_exit(1);
}

static void starve_writer(struct hog *h, uint64_t ns)
{
	hog_in_told_child(h, ns, write_socket);
}

const struct way way_irqs_off_write = {
	.name = "irqs-off-write",
	.mechanism = "irqs-off",
	.accept = "hog_write,sock_write_iter,sock_sendmsg,__sock_sendmsg,sock_sendmsg_nosec,"
		  "__sock_sendmsg_nosec,call_trace_sock_send_length",
	.program = "hog_write",
	.open = open_probe,
	.starve = starve_writer,
};

/* Sleeps until something is to be read, on the other side of the machine. */
static pid_t fork_sleeper(const struct hog *h, int fd)
{
	pid_t pid = fork();
	char c;

	if (pid)
		return pid;
	hog_pin_to_cpu(h->cpu ? h->cpu - 1 : h->cpu + 1);
	_exit(read(fd, &c, 1) == 1 ? 0 : 1);
}

/* Until it sleeps, a second at most. */
static void await_sleep(pid_t pid)
{
	char path[64], state = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	for (int i = 0; i < 1000 && state != 'S'; i++) {
		FILE *f = fopen(path, "re");

		if (f && fscanf(f, "%*d %*s %c", &state) != 1)
			state = 0;
		if (f)
			fclose(f);
		hog_sleep_ns(1000000);
	}
}

static void wake_sleeper(struct hog *h)
{
	int fds[2];
	pid_t sleeper;

	if (pipe(fds))
		_exit(1);
	sleeper = fork_sleeper(h, fds[0]);
	await_sleep(sleeper);
	h->order->keeps = (unsigned int)sleeper;
	h->order->tid = (unsigned int)getpid();
	if (write(fds[1], "", 1) != 1)
		_exit(1);
	waitpid(sleeper, NULL, 0);
}

static void starve_waker(struct hog *h, uint64_t ns)
{
	hog_in_told_child(h, ns, wake_sleeper);
}

/* Interrupts come on again where the lock of the pipe's readers is left. */
const struct way way_irqs_off_wake = {
	.name = "irqs-off-wake",
	.mechanism = "irqs-off",
	.accept = "hog_waking,try_to_wake_up,__wake_up_common_lock,__wake_up_sync_key,pipe_write,"
		  "anon_pipe_write",
	.program = "hog_waking",
	.open = open_probe,
	.starve = starve_waker,
};

/* Makes a work item run on every CPU. */
static void poke_workqueues(void)
{
	int fd = open("/proc/sys/vm/stat_refresh", O_WRONLY);

	if (fd < 0 || write(fd, "1", 1) != 1)
		hog_skip("no /proc/sys/vm/stat_refresh");
	close(fd);
}

static void starve_kthread(struct hog *h, uint64_t ns)
{
	h->order->spin_ns = ns;
	poke_workqueues();
	hog_await(h, ns);
}

const struct way way_irqs_off_kthread = {
	.name = "irqs-off-kthread",
	.mechanism = "irqs-off",
	.accept = "hog_work,process_one_work,process_scheduled_works,worker_thread",
	.program = "hog_work",
	.open = open_probe,
	.starve = starve_kthread,
};
