#ifndef WORST_H
#define WORST_H

/*
 * The few worst of many.
 */
#include <sirqprof/report.h>

typedef uint64_t worst_key(const struct sp_report *r, uint32_t i);

/*
 * The indices of the limit largest of n by key, largest first; of equals the first comes first. The
 * caller frees *ret, which has min(n, limit) elements (and is never NULL). Errors: SP_ENOMEM.
 */
int worst_pick(const struct sp_report *r, uint32_t n, uint32_t limit, worst_key *key,
	       uint32_t **ret, struct sp_err *err);

#endif
