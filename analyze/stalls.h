#ifndef STALLS_H
#define STALLS_H

/*
 * The stalls of a recording, kept until the verdicts are made.
 *
 * In:    struct sp_stall from the timeline, on each CPU in order of end
 * Out:   one array in order of begin, with ids from 1
 * Keeps: every stall, SP_MAX_STALLS at most: past that the shortest are dropped and counted. Of all
 *        together STALLS_MAX_SHARES shares: past that each stall keeps its larger ones, the rest is
 *        added up without a stack
 */
#include "stacks.h"
#include "tasks.h"

#include <sirqprof/own.h>
#include <sirqprof/stall.h>

#define STALLS_MAX_SHARES (1U << 16)

struct stalls;

int stalls_new(struct stalls **ret, struct sp_err *err);
void stalls_free(struct stalls *s);

struct sp_stall_sink stalls_sink(struct stalls *s);

/* Sorts by begin and gives the ids; *n stalls, valid until freed. No stall may follow. */
struct sp_stall *stalls_done(struct stalls *s, uint32_t *n);

/* Stalls dropped for SP_MAX_STALLS. */
uint64_t stalls_dropped(const struct stalls *s);

/* Halves what is kept of each stall's shares; false: it is the largest and the rest already. */
bool stalls_trim(struct stalls *s);
/* Takes the stacks from the shorter half of the stalls that have any, the most important one keeps
 * its own; false: no other has one. */
bool stalls_forget(struct stalls *s);
/* Shares that were added up so, or lost their stacks. */
uint64_t stalls_trimmed(const struct stalls *s);
/* The stacks of all shares, for a sweep of them. */
void stalls_stacks(struct stalls *s, struct stacks *of, stacks_visit *visit);
void stall_stacks(struct sp_stall *s, struct stacks *of, stacks_visit *visit);
/* Who may be asked for: the culprits and all who own a share. */
void stalls_tasks(const struct stalls *s, tasks_visit *visit, void *self);
void stall_tasks(const struct sp_stall *s, tasks_visit *visit, void *self);

/* Keeps so many shares at most (1 and more), which stand in order of size: the last one left takes
 * the time of those that go, under no stack. Returns how many were added up so. */
uint32_t stall_trim(struct sp_stall *s, uint32_t most);

/* Adds a row of evidence; without memory, or past SP_MAX_EVIDENCE, it is left out. */
void stall_evidence(struct sp_stall *s, const struct sp_evidence *row);
/* Frees what the stall owns: its shares and evidence. */
void stall_free(struct sp_stall *s);

/* Nobody did it: forgets the stall's task and frees its stacks; all of it counts as unsampled. */
void stalls_drop_culprit(struct sp_stall *s);

SP_DEFINE_FREEP(stalls);

#endif
