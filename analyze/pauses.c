#include "pauses.h"

#include "releases.h"

#include <stdbool.h>
#include <stdlib.h>

/* An interrupt this many times longer than the longest pause is its own doing. */
#define LONGER 4

/* Of a bare interrupt that was long less often than AGAIN, or without a sample that would tell of
 * pauses elsewhere. */
#define RARE_CONFIDENCE 0.8

/* Less of the long interrupts than this are their own doing: whoever names one is wrong more often
 * than right. */
#define MOSTLY 0.5

/* Of a softirq that had no interrupt for half of it or more. */
#define STILL_SHARE	 2
#define STILL_CONFIDENCE 0.75

/* Of irqs-off, where nothing but its ticks says that the CPU was not idle. */
#define BUSY_CONFIDENCE 0.8

/*
 * Pauses fall everywhere; of a busy CPU's time some 5 % are in the clock interrupt (23 us every 500
 * us on a virtual machine), and that is where a host takes a virtual CPU away most easily. So there
 * are few in interrupts for the ones seen elsewhere: this many, with room for luck. More are the
 * interrupt's own.
 */
static uint32_t expected(uint32_t pauses)
{
	return 1 + pauses / 3;
}

static bool has_evidence(const struct sp_stall *s, enum sp_evidence_kind kind)
{
	for (uint32_t i = 0; i < s->nevidence; i++)
		if (s->evidence[i].kind == kind)
			return true;
	return false;
}

struct seen {
	uint64_t *lengths; /* of the pauses seen as such, ascending */
	uint32_t pauses;   /* seen as such */
};

static bool is_bare_interrupt(const struct sp_stall *s)
{
	return s->mechanism == SP_MECH_HARDIRQ && !s->func_addr && !s->nshares;
}

/* Seen, not only left over: a stall whose sample is lost is `stopped` too. */
static bool is_pause(const struct sp_stall *s)
{
	return s->mechanism == SP_MECH_STEAL ||
	       (s->mechanism == SP_MECH_STOPPED &&
		(has_evidence(s, SP_EVID_HOST_PAUSE) || has_evidence(s, SP_EVID_LATE_SAMPLE) ||
		 has_evidence(s, SP_EVID_WITNESS_GAP)));
}

static int by_length(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static int look(const struct sp_stall *stalls, uint32_t n, struct seen *seen, struct sp_err *err)
{
	seen->lengths = calloc(n ? n : 1, sizeof(*seen->lengths));
	if (!seen->lengths)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for %u pauses", n);
	for (uint32_t i = 0; i < n; i++)
		if (is_pause(&stalls[i]))
			seen->lengths[seen->pauses++] = stalls[i].end_ns - stalls[i].begin_ns;
	qsort(seen->lengths, seen->pauses, sizeof(*seen->lengths), by_length);
	return SP_OK;
}

/* Of an interrupt that was long once or twice only its length is known: it may as well be a pause
 * that happened to fall into it. One that is long again and again is its own doing. */
#define AGAIN 3U
/* Interrupts by number and kind; two that share a slot are counted as one. */
#define SLOTS 512U

static uint32_t slot_of(const struct sp_irq *irq)
{
	return (irq->id * 8 + irq->kind) % SLOTS;
}

static void doubt_rare(struct sp_stall *stalls, uint32_t n, bool unsampled)
{
	uint32_t seen[SLOTS] = { 0 };

	for (uint32_t i = 0; i < n; i++)
		seen[slot_of(&stalls[i].irq)] += is_bare_interrupt(&stalls[i]);
	for (uint32_t i = 0; i < n; i++)
		if (is_bare_interrupt(&stalls[i]) &&
		    (unsampled || seen[slot_of(&stalls[i].irq)] < AGAIN))
			stalls[i].confidence = RARE_CONFIDENCE;
}

static bool could_be_pause(const struct sp_stall *s, const struct seen *seen)
{
	return is_bare_interrupt(s) &&
	       s->end_ns - s->begin_ns <= seen->lengths[seen->pauses - 1] * LONGER;
}

static void give_to_pauses(struct sp_stall *s)
{
	s->mechanism = SP_MECH_STOPPED;
	s->confidence = 0.6;
}

/* Which of the long interrupts are pauses is not known; how many may be is. Where that is most of
 * them, all are. */
static uint32_t review_interrupts(struct sp_stall *stalls, uint32_t n, const struct seen *seen,
				  bool unsampled)
{
	uint32_t changed = 0, like = 0;
	double own;

	doubt_rare(stalls, n, unsampled);
	if (!seen->pauses)
		return 0;
	for (uint32_t i = 0; i < n; i++)
		like += could_be_pause(&stalls[i], seen);
	own = like ? 1 - (double)expected(seen->pauses) / like : 0;
	for (uint32_t i = 0; i < n; i++) {
		if (!could_be_pause(&stalls[i], seen))
			continue;
		if (own < MOSTLY) {
			give_to_pauses(&stalls[i]);
			changed++;
		} else if (stalls[i].confidence > own) {
			stalls[i].confidence = own;
		}
	}
	return changed;
}

/* A softirq that had interrupts off, or in which the CPU paused just before they came on: where
 * there were pauses as long as that, it is not known. */
static bool is_still(const struct sp_stall *s)
{
	for (uint32_t i = 0; i < s->nevidence; i++)
		if (s->evidence[i].kind == SP_EVID_TICK_LATE &&
		    s->evidence[i].n[0] >= (s->end_ns - s->begin_ns) / STILL_SHARE)
			return s->mechanism == SP_MECH_SOFTIRQ;
	return false;
}

static void doubt_still(struct sp_stall *stalls, uint32_t n, const struct seen *seen)
{
	uint64_t longest_ns = seen->pauses ? seen->lengths[seen->pauses - 1] : 0;

	for (uint32_t i = 0; i < n; i++)
		if (is_still(&stalls[i]) && stalls[i].confidence > STILL_CONFIDENCE &&
		    longest_ns >= (stalls[i].end_ns - stalls[i].begin_ns) / 2)
			stalls[i].confidence = STILL_CONFIDENCE;
}

static void doubt_untold_idle(struct sp_stall *stalls, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (stalls[i].mechanism == SP_MECH_IRQS_OFF &&
		    !has_evidence(&stalls[i], SP_EVID_IF_CLEAR) &&
		    stalls[i].confidence > BUSY_CONFIDENCE)
			stalls[i].confidence = BUSY_CONFIDENCE;
}

int pauses_review(struct sp_stall *stalls, uint32_t n, const struct pauses_parts *parts,
		  uint32_t *changed, struct sp_err *err)
{
	struct seen seen = { 0 };
	int rc = look(stalls, n, &seen, err);

	*changed = 0;
	if (parts->idle_untold)
		doubt_untold_idle(stalls, n);
	if (!rc) {
		*changed = review_interrupts(stalls, n, &seen, parts->sites && !parts->sites->all);
		doubt_still(stalls, n, &seen);
	}
	if (!rc && seen.pauses && parts->sites)
		rc = releases_review(stalls, n, seen.lengths, seen.pauses, parts, changed, err);
	free(seen.lengths);
	return rc;
}
