#ifndef ELFNAMES_H
#define ELFNAMES_H

/*
 * Names that were given out. Who got one keeps it, and tells functions apart by the pointers of
 * their names: one function has one for ever, also when its file's table was given up and read
 * again, and two of one name have two.
 *
 * In:    names, of what file, from what address on
 * Out:   copies that stay where they are
 * Keeps: 4 MB of them, tables included
 */
#include <sirqprof/err.h>

#include <stdint.h>

#define ELFNAMES_MOST_BYTES (4U << 20)

struct elfname;
struct elfnames_texts;

/* All zero: empty. */
struct elfnames {
	struct elfname **at; /* by number */
	uint32_t *slots;     /* numbers, by file and address */
	uint32_t n, room;
	struct elfnames_texts *texts; /* the newest first */
	size_t bytes;
};

void elfnames_free(struct elfnames *names);

/* The number of the name that was given out, 0 none. of: the file's number. */
uint32_t elfnames_find(const struct elfnames *names, uint64_t of, uint64_t start);

/* Gives one out, a copy of at most SP_MAX_STRING bytes; 0 when there is no room for it. Numbers are
 * ELFSYMS_MOST_NR at most. */
uint32_t elfnames_add(struct elfnames *names, uint64_t of, uint64_t start, const char *name);

const char *elfnames_at(const struct elfnames *names, uint32_t nr, uint64_t *ret_start);

#endif
