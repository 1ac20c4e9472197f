#ifndef WINSET_H
#define WINSET_H

/*
 * The windows of spikes as a set of instants, asked by CPU.
 *
 * In:    spikes with their windows
 * Out:   whether an interval touches a window; how much of a recording windows hold
 * Keeps: one entry a spike
 */
#include <sirqprof/own.h>
#include <sirqprof/report.h>

struct winset;

/* verdicts: only the windows of spikes that are explained; NULL: all. */
int winset_new(struct winset **ret, const struct sp_spike *spikes,
	       const struct sp_verdict *verdicts, uint32_t n, struct sp_err *err);
void winset_free(struct winset *w);

/* Does [begin, end) on a CPU touch a window that counts there? */
bool winset_touches(const struct winset *w, uint32_t cpu, uint64_t begin_ns, uint64_t end_ns);

/* How much of [begin, end) on a CPU lies inside windows. */
uint64_t winset_inside(const struct winset *w, uint32_t cpu, uint64_t begin_ns, uint64_t end_ns);

/* No window is of one CPU alone: every CPU gives the same answers. */
bool winset_same_everywhere(const struct winset *w);

SP_DEFINE_FREEP(winset);

#endif
