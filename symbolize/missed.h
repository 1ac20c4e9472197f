#ifndef MISSED_H
#define MISSED_H

/*
 * Kernel addresses that were shown or used and have no name, by what can be done about them.
 *
 * In:    the addresses; this machine's kernel symbols, if they are the recording's
 * Out:   quality rows
 * Keeps: counts, and ONCE_MOST addresses, so that each counts once
 */
#include "kallsyms.h"
#include "once.h"
#include "symbols.h"

struct missed {
	uint64_t kernel;	 /* of the kernel's own text, or where nothing tells */
	uint64_t gone;		 /* of what was loaded into it: modules, BPF programs */
	struct once met;	 /* the addresses */
	uint64_t text, text_end; /* where the kernel's own text is, once asked for */
	bool asked;
};

/* Frees what it holds. */
void missed_clear(struct missed *m);

/* k: the symbols of the kernel that was recorded; NULL unknown. */
void missed_put(struct missed *m, uint64_t addr, const struct kallsyms *k);

/* withheld: this kernel hides its addresses; then that is the one thing to tell. */
int missed_tell(const struct missed *m, bool withheld, symbols_tell *tell, void *self,
		struct sp_err *err);

#endif
