#ifndef PLACES_H
#define PLACES_H

/*
 * Addresses → frames, private to names.c.
 *
 * In:    addresses of the kernel, or of a process in one of its lives
 * Out:   the frames there: several where code is inlined
 * Keeps: one frame a function met, one text a line of source that is shown; the addresses asked for
 *        lately, until places_forget()
 */
#include "names.h"

#define PLACES_KERNEL INT64_MIN /* no process has this number, nor SP_NO_TASK */

struct place_key {
	uint64_t addr;
	int64_t pid;   /* PLACES_KERNEL: of the kernel */
	uint64_t life; /* of the process: another program may stand there later */
};

/* The frames of one address. There are a hundred thousand of them at a time: a handle of uthash
 * each would be more than what it handles. */
struct place {
	struct place_key key;
	uint32_t n;
	struct {
		const struct frame *frame;
		const char *shown;
	} at[]; /* innermost first */
};

/* Places met lately, by their hash: most frames of a stack are those of the one before. */
#define PLACES_LATELY 4096U

struct places {
	const struct sp_resolver *resolver;
	struct arena *arena;	  /* of what stays */
	struct arena *cache;	  /* of what was asked for lately */
	struct frame **functions; /* a hash table, as .at */
	uint32_t nfunctions, nfunction_slots;
	struct shown_line *lines;
	struct place **at; /* a hash table, at most three quarters are in use */
	uint32_t n, nslots;
	struct place *lately[PLACES_LATELY];
};

/* What stands at the address at a time in the life that the key names; NULL: no memory. It holds
 * until places_forget(), its frames as long as the arena. */
struct place *places_get(struct places *p, const struct place_key *key, uint64_t time_ns,
			 struct sp_err *err);
/* The life of a process at a time. */
uint64_t places_life(const struct places *p, int32_t pid, uint64_t time_ns);

/* Bytes of the table beside the cache. */
size_t places_bytes(const struct places *p);
/* Before the cache is freed. */
void places_forget(struct places *p);
/* Frees what it holds beside the arenas. */
void places_clear(struct places *p);

#endif
