#ifndef ELFTABLES_H
#define ELFTABLES_H

/*
 * The symbol tables of all files, as far as memory is granted them: those asked for least recently
 * are given up, and read again when they are asked for again.
 *
 * In:    open files, what they are asked for
 * Out:   the function that holds an address
 * Keeps: ELFTABLES_MOST_BYTES of tables, more where they are read again: ELFTABLES_GROWN_BYTES; but
 *        the one asked for last in any case; ELFTABLES_OPEN descriptors; names that were given out
 *        (elfnames.h), and for what (elfspans.h)
 *
 * Read again is only what is the same file with the same content, and so are names, which are read
 * when they are first asked for. A file that cannot be opened now, or has another in its place, is
 * away, and may be there when it is asked for again; one that was written over is lost: it gives no
 * name more than it gave.
 */
#include "elfimage.h"
#include "elfnames.h"
#include "elfspans.h"
#include "once.h"

#include <sirqprof/limits.h>
#include <sirqprof/own.h>
#include <sirqprof/resolver.h>

#define ELFTABLES_MOST_BYTES  (12U << 20)
#define ELFTABLES_GROWN_BYTES (32U << 20)
/* Symbols that are read again, 3 to 60 s: then no table is any more. */
#define ELFTABLES_AGAIN_MOST 100000000U
/* Programs kept open, so that their bytes can be read: names, and what unwinding needs. Fewer where
 * RLIMIT_NOFILE leaves fewer: as many are left free as are kept. */
#define ELFTABLES_OPEN SP_MAX_OPEN

struct elftable;

/* Who mapped a file, where: /proc shows it there. pid 0: nobody that lives. */
struct elfplace {
	int32_t pid;
	uint64_t start, len;
};

struct elftables {
	struct elftable *oldest; /* by when they were asked for; those in memory */
	size_t bytes, most_bytes, grown_bytes;
	uint32_t nopen, reloads, nspans;
	uint64_t nread, again; /* files; symbols, again */
	bool live;	       /* processes are those of this boot */
	uint64_t unnamed;      /* addresses: there was no room for a name more, or a table */
	struct once met;       /* those */
	struct elfnames names;
};

/* Of one file. What the image has but symbols stays when the table is given up. */
struct elftable {
	struct elfimage image;
	struct elfspans spans;
	struct elfbytes bytes, apart; /* its own, those of its separate debug file */
	bool has_symbols, has_apart;
	bool in;		       /* memory */
	bool lost;		       /* it is no longer what it was */
	bool away;		       /* it could not be looked at when it was asked for last */
	bool other;		       /* once because others were in its place */
	size_t table_bytes;	       /* in memory or not */
	uint64_t number;	       /* no other has, or had */
	struct elfplace opened, asked; /* where it was when it was opened last; is asked for */
	char *path, *build_id, *apart_path;
	struct elftable *prev, *next;
};

/* Raises the soft limit of descriptors, where it is lower than what is kept open needs. */
void elftables_init(struct elftables *all);
/* All tables are to be freed before. */
void elftables_free(struct elftables *all);

/* Reads the file, and what symbols it has elsewhere; takes fd over. *t is all zero, and to be freed
 * in any case. False when it is no ELF file. */
bool elftable_read(struct elftables *all, struct elftable *t, const struct sp_mapping *m, int fd);
/* The same of bytes in memory, which stay. */
bool elftable_read_memory(struct elftables *all, struct elftable *t, const void *bytes,
			  size_t size);
void elftable_free(struct elftables *all, struct elftable *t);

/* A mapping of the file that is asked for: where it is looked for if it is to be opened again. */
void elftable_asked(struct elftable *t, const struct sp_mapping *m);

/* The function that holds a virtual address of the file, and where it begins; the name lives as
 * long as all does. NULL when there is none, none now or none any more: see .away, .lost. */
const char *elftable_find(struct elftables *all, struct elftable *t, uint64_t vaddr,
			  uint64_t *ret_start);

#endif
