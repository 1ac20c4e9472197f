#ifndef SPIKES_H
#define SPIKES_H

/*
 * The spikes of all files given.
 *
 * In:    rows, in any order
 * Out:   one array in order of time, ids from 1
 * Keeps: every row added, SP_MAX_SPIKES at most: past that the rows of short latency are
 *        dropped and counted; labels once each while they repeat, SPIKES_LABEL_BYTES in all
 */
#include <sirqprof/limits.h>
#include <sirqprof/own.h>
#include <sirqprof/spike.h>

#include <stddef.h>

#define SPIKES_LABEL_BYTES (16U << 20)
#define SPIKES_LABEL_MAX   160U /* longer labels are cut */

struct spikes;

int spikes_new(struct spikes **ret, struct sp_err *err);
void spikes_free(struct spikes *s);

/* Keeps a copy of *row; row->label is ignored, label (NULL: none) is copied. count 0 means 1. */
int spikes_add(struct spikes *s, const struct sp_spike *row, const char *label, size_t label_len,
	       struct sp_err *err);

/*
 * One stall makes a run of late replies that all come when it ends, so that their latency falls by
 * the send interval: such a run becomes one spike, the row of its worst latency, with their count.
 * A row joins a run of the same source and cpu when it was already under way as the run's first
 * reply came, and its reply came no further from the one before than half of the time between their
 * sending (at least SPIKES_JOIN_NS and 2 % of the run's latency). Replies
 * of 1 ms or more may overtake each other.
 */
#define SPIKES_JOIN_NS 200000U
void spikes_join(struct spikes *s);

/* Orders by time and gives the ids. */
void spikes_sort(struct spikes *s);

/* *n spikes; valid until the next spikes_add(), spikes_join() or spikes_free(). */
struct sp_spike *spikes_all(struct spikes *s, uint32_t *n);

uint64_t spikes_dropped(const struct spikes *s);

SP_DEFINE_FREEP(spikes);

#endif
