#ifndef STOP_H
#define STOP_H

/*
 * When a recording ends: Ctrl-C, SIGTERM, the duration, or the end of the command it watches.
 *
 * The flag behind stop_asked() is the one mutable global of the program: a signal handler can
 * reach nothing else. The first signal asks for the report of what was seen; a second one ends the
 * process, as output files appear whole or not at all.
 */
#include <sirqprof/err.h>
#include <sirqprof/own.h>

#include <stdbool.h>
#include <stdint.h>

/* Installs the handlers (SIGINT, SIGTERM, SIGCHLD, and SIGHUP unless nohup(1) had it ignored); none
 * restarts a poll. */
int stop_install(struct sp_err *err);

/* Whether a signal has asked to stop. */
bool stop_asked(void);

struct child;

/*
 * Forks the command and holds it before its exec, so that it is seen from its first instruction. It
 * is sent SIGTERM when this thread ends before it (PR_SET_PDEATHSIG, prctl(2)), however that comes.
 * Errors: SP_ESYS. An exec that fails is told by child_start().
 */
int child_new(struct child **ret, char *const argv[], struct sp_err *err);

/* Lets it run; fails with the exec's own error when there is no such program. */
int child_start(struct child *c, struct sp_err *err);

/* Above every exit status: a shell's 128 is one of them. */
#define CHILD_KILLED 256

/* Whether it has ended; *ret_status is its exit status, CHILD_KILLED + signal when killed. */
bool child_ended(struct child *c, int *ret_status);

/* Ends a command that still runs (SIGTERM, as the user asked to stop) and waits for it a moment;
 * one that does not end then is left behind, as the report must not wait for it. */
void child_free(struct child *c);

SP_DEFINE_FREEP(child);

#endif
