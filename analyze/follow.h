#ifndef FOLLOW_H
#define FOLLOW_H

/*
 * Spike files as sources of bytes: a file is read to its end, a pipe is followed while it is
 * written, so that its writer never has to wait.
 *
 * In:    a path, "-" for standard input
 * Out:   rows added to a struct spikes (by spikefile.h)
 * Keeps: what spikefile.h keeps
 */
#include "spikefile.h"

/* Reads source to its end; a FIFO, until its writers are gone. Errors: SP_ESYS, or as
 * spikefile_finish(). */
int follow_read(struct spikes *into, const char *source, const struct spikefile_cfg *cfg,
		struct spikefile_seen *ret, struct sp_err *err);

/* Whether it is a FIFO, a pipe, a socket or a terminal: its writer waits unless it is followed. */
bool follow_wants(const char *source);

struct follow;

/* Opens it without waiting for a writer. source and *cfg are borrowed until follow_free(). */
int follow_new(struct follow **ret, struct spikes *into, const char *source,
	       const struct spikefile_cfg *cfg, struct sp_err *err);
void follow_free(struct follow *f);

/* Takes what is there, without waiting. What is wrong with it is told at the end: until then the
 * writer is not disturbed. */
void follow_poll(struct follow *f);

/* Takes what is there now, or comes within a moment; then as spikefile_finish(). */
int follow_finish(struct follow *f, struct spikefile_seen *ret, struct sp_err *err);

SP_DEFINE_FREEP(follow);

#endif
