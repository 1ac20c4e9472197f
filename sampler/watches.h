#ifndef WATCHES_H
#define WATCHES_H

/*
 * The watch threads of a recorder: one, off the profiled CPUs. Where every CPU is profiled two,
 * each for what the other sits on: a watch must not sit on the CPU that is stuck.
 *
 * In:    as watch.h, for all CPUs at once
 * Out:   as watch.h
 * Keeps: two watches at most
 */
#include "watch.h"

struct watches;

#define WATCHES_MOST 2

/* cfg->pin is ignored. spare: there is a CPU beside the watched ones. */
int watches_new(struct watches **ret, const struct watch_cfg *cfg, bool spare, struct sp_err *err);

/* Ends the threads. */
void watches_free(struct watches *w);

/* Starts the threads; how the worst of them is scheduled. */
enum watch_class watches_start(struct watches *w);

/* As watch_stuck(). */
bool watches_stuck(const struct watches *w, uint32_t i);

/* The descriptors of watch_fd(); returns how many. */
uint32_t watches_fds(const struct watches *w, int ret[WATCHES_MOST]);

/* As watch_take(). */
int watches_take(struct watches *w, struct stream *s, struct sp_err *err);

SP_DEFINE_FREEP(watches);

#endif
