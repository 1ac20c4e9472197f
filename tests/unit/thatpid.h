#ifndef THATPID_H
#define THATPID_H

/* A process that has the number of one that is gone: clone3(2) with set_tid, which takes
 * privileges. */
#include <linux/sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A child of that number, which sees root, if any, as its root; false: not permitted, or the number
 * is taken. */
static inline bool child_in_root(pid_t pid, const char *root)
{
	struct clone_args args = { .exit_signal = SIGCHLD,
				   .set_tid = (uintptr_t)&pid,
				   .set_tid_size = 1 };
	int ready[2], status = -1;
	pid_t got;
	char c;

	if (pipe(ready))
		return false;
	got = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (got == 0) {
		/* A test that fails leaves nothing behind. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (root && (chroot(root) || chdir("/")))
			_exit(1);
		if (write(ready[1], "r", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	/* Its copy of the end closes when it fails. */
	if (got > 0 && read(ready[0], &c, 1) != 1) {
		waitpid(got, &status, 0);
		got = -1;
	}
	close(ready[0]);
	return got == pid;
}

static inline bool child_of_number(pid_t pid)
{
	return child_in_root(pid, NULL);
}

static inline void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

#endif
