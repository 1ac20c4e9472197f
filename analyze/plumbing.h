#ifndef PLUMBING_H
#define PLUMBING_H

/*
 * Frames that no person would name as the cause: entry code, dispatch, locks, copying.
 *
 * In:    a function name as kallsyms or an ELF file has it
 * Out:   its class
 * Keeps: nothing; one table, in plumbing.c
 */
#include <stdbool.h>
#include <stddef.h>

enum plumbing {
	PLUMB_NONE,	/* a function that means something */
	PLUMB_ENTRY,	/* syscall, exception and thread entry */
	PLUMB_IRQ,	/* a hard interrupt begins here: what is outside was interrupted */
	PLUMB_SOFTIRQ,	/* softirqs are served here: likewise */
	PLUMB_DISPATCH, /* hands on to the function that does the work */
	PLUMB_LEAF,	/* locks, irq switching, memory and bit helpers */
	PLUMB_IDLE,	/* the idle loop */
	PLUMB_UNKNOWN,	/* no name */
};

enum plumbing plumbing_of(const char *name);

/* A function that is the entry wherever in the stack it stands: direct reclaim and the like. */
bool plumbing_is_landmark(const char *name);

/* Length of name without what compilers append: .isra.0, .part.1, .constprop.0, .cold, .llvm.N */
size_t plumbing_base_len(const char *name);

/* name matches a pattern in which '*' stands for any text. */
bool plumbing_match(const char *name, size_t len, const char *pattern);

#endif
