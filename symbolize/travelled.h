#ifndef TRAVELLED_H
#define TRAVELLED_H

/*
 * Kernel symbols that travelled with the recording, by the address seen.
 *
 * In:    address, begin and names of a function, as the recorder told them
 * Out:   the symbol of an address
 * Keeps: TRAVELLED_MAX of them; the first of each address
 */
#include "kallsyms.h"
#include "texts.h"

#define TRAVELLED_MAX 100000U /* a kernel has about as many functions */

struct travelled;

/* texts is borrowed. */
int travelled_new(struct travelled **ret, struct texts *texts, struct sp_err *err);
void travelled_free(struct travelled *t);

/* Past TRAVELLED_MAX, or without room for its names, it is passed over. */
int travelled_add(struct travelled *t, uint64_t addr, uint64_t start, const char *name,
		  const char *module, struct sp_err *err);

/* ret's strings live as long as the texts. */
bool travelled_find(const struct travelled *t, uint64_t addr, struct ksymbol *ret);

SP_DEFINE_FREEP(travelled);

#endif
