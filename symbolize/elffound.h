#ifndef ELFFOUND_H
#define ELFFOUND_H

/*
 * Files that were found by nothing but the host's own path, so that they are looked for once:
 * hundreds of short processes map the same libraries.
 *
 * In:    mappings without build-id, of processes that are gone or ran elsewhere: one that lives may
 *        see another file by that path
 * Out:   the file that was found for an equal one
 * Keeps: one entry a path and inode, 1 MB of them; each holds for a second at most
 */
#include "elfpath.h"

struct elffile;
struct found;

/* All zero: empty. */
struct elffound {
	struct found *table;
	size_t bytes; /* of all entries */
};

/* Whether the process is gone: it leaves nothing but its paths to look at. Asked anew each time: a
 * number may be another process's soon. */
bool elffound_gone(int32_t pid);

/* NULL: not yet looked for, or only for a later mapping: since a file changed, it is not that of
 * an older one. */
struct elffile *elffound_get(const struct elffound *f, const struct sp_mapping *m);

/* Remembers it, for mappings of time_ns and later; without memory it is looked for again. */
void elffound_note(struct elffound *f, const struct sp_mapping *m, uint64_t time_ns,
		   struct elffile *file);

/* Forgets all; *f is as new. */
void elffound_free(struct elffound *f);

#endif
