#ifndef PROBE_H
#define PROBE_H

/*
 * What this kernel and this user allow, and how to change it.
 */
#include <sirqprof/err.h>

#include <stdbool.h>
#include <stdint.h>

/* "all", or a list such as "0-3,8": the CPUs, ascending, malloc()ed. NULL means all online ones.
 * Errors: SP_EUSAGE for a CPU that does not exist, is offline, or a list that is none. */
int probe_cpus(const char *list, uint32_t **ret, uint32_t *ret_n, struct sp_err *err);

/* Checks that this process may profile CPUs and read tracepoints. Errors: SP_ESYS with the remedy.
 */
int probe_privilege(struct sp_err *err);

enum probe_state { PROBE_GOOD, PROBE_WEAK, PROBE_BAD };

/* One line of `sirqprof doctor`. */
struct probe_row {
	enum probe_state state;
	char what[48];
	char text[160];
	char remedy[160]; /* "" when good */
};

/* Fills up to max rows; returns how many. */
uint32_t probe_all(struct probe_row *rows, uint32_t max);

#endif
