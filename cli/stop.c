#include "stop.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How long a command that was told to end is waited for: 200 ms. Somebody waits for the report. */
#define NAPS   40
#define NAP_NS 5000000

static volatile sig_atomic_t stop_flag;

static void on_stop(int sig)
{
	(void)sig;
	stop_flag = 1;
}

static void on_child(int sig)
{
	(void)sig; /* only to wake a poll */
}

int stop_install(struct sp_err *err)
{
	static const int stops[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa = { .sa_handler = on_stop, .sa_flags = (int)SA_RESETHAND | SA_RESTART },
			 old;

	for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++) {
		/* nohup(1) has us ignore the end of the terminal. */
		if (stops[i] == SIGHUP && !sigaction(SIGHUP, NULL, &old) &&
		    old.sa_handler == SIG_IGN)
			continue;
		if (sigaction(stops[i], &sa, NULL))
			return sp_fail_sys(err, "installing a signal handler");
	}
	/* Restarted is what writes the report; poll(), which it is to wake, never is. */
	sa = (struct sigaction){ .sa_handler = on_child, .sa_flags = SA_NOCLDSTOP | SA_RESTART };
	if (sigaction(SIGCHLD, &sa, NULL))
		return sp_fail_sys(err, "installing a signal handler");
	return SP_OK;
}

bool stop_asked(void)
{
	return stop_flag;
}

struct child {
	pid_t pid;  /* 0: reaped */
	int go;	    /* closing it without a byte ends the child unrun */
	int failed; /* the child writes errno of a failed exec here; closed by a good one */
	int status;
	const char *name;
};

/*
 * The command lives as long as the recording does, also when a second signal kills us: left alone
 * it would hold the terminal or the pipe for as long as it likes.
 */
static void end_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(127);
}

static _Noreturn void be_child(char *const argv[], pid_t parent, int go, int failed)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };
	char byte;
	int sys;

	sigaction(SIGPIPE, &sa, NULL);
	sigaction(SIGXFSZ, &sa, NULL);
	sigaction(SIGCHLD, &sa, NULL);
	end_with(parent);
	if (read(go, &byte, 1) != 1)
		_exit(127);
	execvp(argv[0], argv);
	sys = errno;
	if (write(failed, &sys, sizeof(sys)) != sizeof(sys))
		_exit(126);
	_exit(127);
}

int child_new(struct child **ret, char *const argv[], struct sp_err *err)
{
	int go[2] = { -1, -1 }, failed[2] = { -1, -1 };
	struct child *c = calloc(1, sizeof(*c));
	pid_t self = getpid();

	if (!c)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to start '%s'", argv[0]);
	if (pipe2(go, O_CLOEXEC) || pipe2(failed, O_CLOEXEC))
		goto out;
	c->pid = fork();
	if (c->pid < 0)
		goto out;
	if (c->pid == 0) {
		close(go[1]);
		be_child(argv, self, go[0], failed[1]);
	}
	close(go[0]);
	close(failed[1]);
	c->go = go[1];
	c->failed = failed[0];
	c->name = argv[0];
	*ret = c;
	return SP_OK;
out:
	sp_fail_sys(err, "starting '%s'", argv[0]);
	for (int i = 0; i < 2; i++) {
		if (go[i] >= 0)
			close(go[i]);
		if (failed[i] >= 0)
			close(failed[i]);
	}
	free(c);
	return SP_ESYS;
}

int child_start(struct child *c, struct sp_err *err)
{
	int sys = 0;
	ssize_t n;

	if (write(c->go, "g", 1) != 1)
		return sp_fail_sys(err, "starting '%s'", c->name);
	do
		n = read(c->failed, &sys, sizeof(sys));
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)sizeof(sys)) {
		errno = sys;
		return sp_fail_sys(err, "cannot run '%s'", c->name);
	}
	return SP_OK;
}

static int exit_status(int status)
{
	return WIFSIGNALED(status) ? CHILD_KILLED + WTERMSIG(status) : WEXITSTATUS(status);
}

bool child_ended(struct child *c, int *ret_status)
{
	int status;

	if (c->pid && waitpid(c->pid, &status, WNOHANG) == c->pid) {
		c->pid = 0;
		c->status = exit_status(status);
	}
	if (c->pid)
		return false;
	*ret_status = c->status;
	return true;
}

void child_free(struct child *c)
{
	const struct timespec nap = { .tv_nsec = NAP_NS };
	int status;

	if (!c)
		return;
	close(c->go);
	close(c->failed);
	if (c->pid)
		kill(c->pid, SIGTERM);
	for (int i = 0; i < NAPS && !child_ended(c, &status); i++)
		nanosleep(&nap, NULL);
	free(c);
}
