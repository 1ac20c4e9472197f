#ifndef KRANGES_H
#define KRANGES_H

/*
 * Symbols that the kernel made while it ran, with their exact lengths: BPF programs, trampolines.
 *
 * In:    what PERF_RECORD_KSYMBOL told; a later one takes the place of those it overlaps
 * Out:   the symbol that holds an address
 * Keeps: the ranges; KRANGES_MAX of them, those that were replaced counted
 */
#include "kallsyms.h"
#include "texts.h"

#include <sirqprof/err.h>
#include <sirqprof/own.h>

#define KRANGES_MAX 65536U

struct kranges;

/* texts is borrowed. */
int kranges_new(struct kranges **ret, struct texts *texts, struct sp_err *err);
void kranges_free(struct kranges *k);

/* Past KRANGES_MAX, or without room for its names, nothing is added. Errors: SP_ENOMEM. */
int kranges_add(struct kranges *k, uint64_t start, uint64_t len, const char *name,
		const char *module, struct sp_err *err);

/* ret's strings live as long as the texts. */
bool kranges_find(const struct kranges *k, uint64_t addr, struct ksymbol *ret);

SP_DEFINE_FREEP(kranges);

#endif
