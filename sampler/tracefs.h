#ifndef TRACEFS_H
#define TRACEFS_H

/*
 * Tracepoint ids and formats, from tracefs (Documentation/trace/events.rst).
 *
 * Many hosts do not mount it. Then it is mounted detached (fsopen, fsmount: Linux 5.2): only this
 * process sees it and nothing is left behind.
 */
#include <sirqprof/err.h>
#include <sirqprof/own.h>

#include <stddef.h>

struct tracefs;

/* Errors: SP_ESYS with what to do (mount, privilege, lockdown). */
int tracefs_new(struct tracefs **ret, struct sp_err *err);
void tracefs_free(struct tracefs *t);

/* Reads a file below the root ("events/irq/softirq_raise/id") whole; *ret is malloc()ed, NUL-ended.
 * Errors: SP_ESYS (ENOENT: this kernel has no such tracepoint), SP_ELIMIT. */
int tracefs_read(struct tracefs *t, const char *path, char **ret, size_t *ret_len,
		 struct sp_err *err);

/* The id of "system", "name"; the same errors. */
int tracefs_id(struct tracefs *t, const char *system, const char *name, uint32_t *ret,
	       struct sp_err *err);

/* A directory fd of events/SYSTEM, to list; -1 with errno. The caller closes it. */
int tracefs_system(struct tracefs *t, const char *system);

SP_DEFINE_FREEP(tracefs);

#endif
