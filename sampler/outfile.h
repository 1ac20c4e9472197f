#ifndef OUTFILE_H
#define OUTFILE_H

/*
 * A file that grows by large writes, created so that nobody else can read or redirect it.
 *
 * In:    bytes, piece by piece
 * Out:   the file, 0600
 * Keeps: one buffer of a megabyte; a piece is never split by a flush
 *
 * When a write fails (a full disk) the file is cut back to what earlier writes left whole, so that
 * it always ends at the end of a piece.
 */
#include <sirqprof/err.h>
#include <sirqprof/own.h>

#include <stdbool.h>
#include <stddef.h>

struct outfile;

/* Creates path, or empties it when it is a recording (perfdata.h magics) or empty; force: whatever
 * it is. Errors: SP_ESYS; SP_EUSAGE for a symbolic link, what is no regular file, a file of another
 * user, with several names or that another recorder is writing, and what is no recording unless
 * force. */
int outfile_new(struct outfile **ret, const char *path, bool force, struct sp_err *err);

/* Closes without a flush. */
void outfile_free(struct outfile *o);

int outfile_put(struct outfile *o, const void *data, size_t size, struct sp_err *err);
int outfile_flush(struct outfile *o, struct sp_err *err);

/* Overwrites bytes that are flushed already. */
int outfile_patch(struct outfile *o, uint64_t off, const void *data, size_t size,
		  struct sp_err *err);

/* Flushes and closes. */
int outfile_close(struct outfile *o, struct sp_err *err);

/* Bytes of the file, those in the buffer included; after a failed write, those that are left. */
uint64_t outfile_size(const struct outfile *o);

/* Removes path when it is a recording, or whatever it is with force; not there is fine. Errors:
 * SP_EUSAGE, SP_ESYS. */
int outfile_remove(const char *path, bool force, struct sp_err *err);

/* The size of a file that is there, opened or not. */
bool outfile_there(const char *path, uint64_t *ret_size);

SP_DEFINE_FREEP(outfile);

#endif
