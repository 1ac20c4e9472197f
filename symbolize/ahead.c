#include "ahead.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct ahead {
	pthread_t thread;
	char *path;
	struct kallsyms *result; /* the thread's until it is joined */
};

static void *read_all(void *self)
{
	struct ahead *a = self;
	struct sp_err why = SP_ERR_INIT;

	kallsyms_load(&a->result, a->path, &why);
	return NULL;
}

struct ahead *ahead_begin(const char *path)
{
	struct ahead *a = calloc(1, sizeof(*a));
	sigset_t all, old;
	int rc = 1;

	if (!a)
		return NULL;
	a->path = strdup(path);
	/* Signals are the main thread's. */
	sigfillset(&all);
	if (a->path && !pthread_sigmask(SIG_SETMASK, &all, &old)) {
		rc = pthread_create(&a->thread, NULL, read_all, a);
		pthread_sigmask(SIG_SETMASK, &old, NULL);
	}
	if (!rc)
		return a;
	free(a->path);
	free(a);
	return NULL;
}

struct kallsyms *ahead_take(struct ahead *a)
{
	struct kallsyms *k;

	if (!a)
		return NULL;
	pthread_join(a->thread, NULL);
	k = a->result;
	free(a->path);
	free(a);
	return k;
}
