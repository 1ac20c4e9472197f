#ifndef STALLS_H
#define STALLS_H

/*
 * The stalls of a recording, kept until the verdicts are made.
 *
 * In:    struct sp_stall from the timeline, on each CPU in order of end
 * Out:   one array in order of begin, with ids from 1
 * Keeps: every stall, SP_MAX_STALLS at most: past that the shortest are dropped and counted
 */
#include <sirqprof/own.h>
#include <sirqprof/stall.h>

struct stalls;

int stalls_new(struct stalls **ret, struct sp_err *err);
void stalls_free(struct stalls *s);

struct sp_stall_sink stalls_sink(struct stalls *s);

/* Sorts by begin and gives the ids; *n stalls, valid until freed. No stall may follow. */
struct sp_stall *stalls_done(struct stalls *s, uint32_t *n);

/* Stalls dropped for SP_MAX_STALLS. */
uint64_t stalls_dropped(const struct stalls *s);

/* Nobody did it: forgets the stall's task and frees its stacks; all of it counts as unsampled. */
void stalls_drop_culprit(struct sp_stall *s);

SP_DEFINE_FREEP(stalls);

#endif
