#ifndef ELFFOUND_H
#define ELFFOUND_H

/*
 * Files that were found by nothing but their path, so that they are looked for once: hundreds of
 * short processes map the same libraries.
 *
 * In:    mappings without build-id, of processes that are gone or ran elsewhere
 * Out:   the file that was found for an equal one
 * Keeps: one entry a path and inode; each holds for 10 s
 */
#include "elfpath.h"

struct elffile;
struct found;

struct elffound {
	struct found *table;
	int32_t gone; /* a process that is known to be gone; 0 none */
};

/* Whether the process is gone: it leaves nothing but its paths to look at. */
bool elffound_gone(struct elffound *f, int32_t pid);

/* NULL: not yet looked for, or only for a later mapping: since a file changed, it is not that of
 * an older one. */
struct elffile *elffound_get(const struct elffound *f, const struct sp_mapping *m);

/* Remembers it, for mappings of time_ns and later; without memory it is looked for again. */
void elffound_note(struct elffound *f, const struct sp_mapping *m, uint64_t time_ns,
		   struct elffile *file);

void elffound_free(struct elffound *f);

#endif
