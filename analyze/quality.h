#ifndef QUALITY_H
#define QUALITY_H

/*
 * The table of what was lost, thinned, missing or guessed.
 *
 * In:    codes with counts, from every stage
 * Out:   one struct sp_quality_row for each distinct code, CPU and detail, worst first
 * Keeps: at most QUALITY_MAX rows; more of a kind are added up into its row for all CPUs
 */
#include <sirqprof/own.h>
#include <sirqprof/quality.h>

#define QUALITY_MAX 256U

struct quality;

int quality_new(struct quality **ret, struct sp_err *err);
void quality_free(struct quality *q);

/* Adds count to the row of code, cpu (SP_NO_CPU: all) and detail (NULL: none). The severity is
 * the code's own. */
int quality_add(struct quality *q, enum sp_quality_code code, uint32_t cpu, uint64_t count,
		const char *detail, struct sp_err *err);

/* The rows, errors first; valid until the next call on q. */
const struct sp_quality_row *quality_rows(struct quality *q, uint32_t *n);

SP_DEFINE_FREEP(quality);

#endif
