#include "sentence.h"
#include "units.h"

#include <inttypes.h>
#include <math.h>

/* What a spike comes to, as a sentence for a person. */

const struct sp_stall *evidence_lead(const struct sp_report *r, const struct sp_verdict *v)
{
	uint32_t id = v->nstalls ? v->stalls[0].stall : 0;

	return id && id <= r->nstalls ? &r->stalls[id - 1] : NULL;
}

static void say_where(const struct sp_report *r, const struct sp_spike *k, struct sentence *s)
{
	if (k->cpu != SP_NO_CPU)
		say(s, "CPU %" PRIu32, k->cpu);
	else if (r->capture.ncpus == 1)
		say(s, "CPU %" PRIu32, r->capture.cpus[0].cpu);
	else
		say(s, "the recorded CPUs");
}

/* How much of the latency the stalls explain. What is left was healthy only where it was seen. */
static void say_explained(const struct sp_spike *k, const struct sp_verdict *v, struct sentence *s)
{
	char a[UNITS_LEN], b[UNITS_LEN];

	if (k->latency_ns == SP_UNKNOWN_NS)
		return;
	if (v->explained_ns * 10 >= k->latency_ns * 9)
		say(s, "; explains all of it");
	else
		say(s, "; explains %s of %s, %s", units_duration(a, v->explained_ns),
		    units_duration(b, k->latency_ns),
		    v->unobserved_ns ? "the rest was not observed whole"
				     : "for the rest the CPU was healthy");
}

static void say_stall(const struct sp_report *r, const struct sp_spike *k,
		      const struct sp_verdict *v, struct sentence *s)
{
	const struct sp_stall *st = evidence_lead(r, v);
	const struct sp_stall_names *n = st ? &r->names[st - r->stalls] : NULL;
	char who[EVIDENCE_TEXT_LEN], a[UNITS_LEN];

	if (!st)
		return;
	say(s, "%s on CPU %" PRIu32 " for %s: %s", evidence_mechanism(st->mechanism), st->cpu,
	    units_duration(a, st->end_ns - st->begin_ns), evidence_culprit(r, st, n, who));
	if (v->nstalls > 1)
		say(s, ", and %" PRIu32 " more stall%s", v->nstalls - 1,
		    v->nstalls == 2 ? "" : "s");
	say_explained(k, v, s);
}

/* A stall alone is short: it is the drop that makes a retransmission of it. */
static void say_drop(const struct sp_report *r, const struct sp_spike *k,
		     const struct sp_verdict *v, struct sentence *s)
{
	const struct sp_stall *st = evidence_lead(r, v);
	char who[EVIDENCE_TEXT_LEN], a[UNITS_LEN], b[UNITS_LEN];

	say(s, "a packet was dropped for lack of memory (%s)",
	    v->drop_reason ? v->drop_reason : "PFMEMALLOC");
	if (v->rto_ns && k->latency_ns != SP_UNKNOWN_NS)
		say(s, " and TCP sent it again after %s%s: that explains %s of %s",
		    units_duration(a, v->resent_ns ? v->resent_ns : v->rto_ns),
		    v->resent_ns ? ", which was seen" : "",
		    v->explained_ns * 10 >= k->latency_ns * 9 ? "all"
							      : units_duration(b, v->explained_ns),
		    units_duration(who, k->latency_ns));
	else
		say(s, " and TCP had to send it again");
	if (st)
		say(s, "; with it went a stall: %s on CPU %" PRIu32 " for %s: %s",
		    evidence_mechanism(st->mechanism), st->cpu,
		    units_duration(a, st->end_ns - st->begin_ns),
		    evidence_culprit(r, st, &r->names[st - r->stalls], who));
}

static void say_no_data(const struct sp_spike *k, const struct sp_verdict *v, struct sentence *s)
{
	char a[UNITS_LEN];

	if (v->why == SP_WHY_OUTSIDE)
		say(s, "the spike lies outside the recording");
	else if (v->why == SP_WHY_CPU_NOT_RECORDED)
		say(s, "CPU %" PRIu32 " was not recorded", k->cpu);
	else if (v->why == SP_WHY_LOST)
		say(s, "records were lost in that time");
	else
		say(s, "%s of that time was not observed: neither healthy nor guilty",
		    units_duration(a, v->unobserved_ns));
}

static void say_none(const struct sp_report *r, const struct sp_spike *k,
		     const struct sp_verdict *v, struct sentence *s)
{
	char a[UNITS_LEN], b[UNITS_LEN];

	if (v->worst_delay_ns == SP_UNKNOWN_NS)
		say(s, "nothing was seen to keep softirqs waiting on ");
	say_where(r, k, s);
	if (v->worst_delay_ns != SP_UNKNOWN_NS)
		say(s, " served softirqs within %s all through this window",
		    units_duration(a, v->worst_delay_ns));
	else
		say(s, " in this window");
	if (v->explained_ns && k->latency_ns != SP_UNKNOWN_NS)
		say(s, " but for stalls of %s in all, too little for %s",
		    units_duration(a, v->explained_ns), units_duration(b, k->latency_ns));
	say(s, ": look elsewhere");
}

static void say_ambiguous(const struct sp_report *r, const struct sp_verdict *v, struct sentence *s)
{
	char a[UNITS_LEN];

	say(s, "not decided: ");
	if (v->why == SP_WHY_RIVALS)
		say(s, "stalls with different culprits fit equally well");
	else
		say(s, "%s of all windows hold as much by accident", units_percent(a, v->chance));
	if (v->reclaim_ns)
		say(s, "; %s reclaimed memory for %s", v->task_comm ? v->task_comm : "a task",
		    units_duration(a, v->reclaim_ns));
	if (v->drops)
		say(s, "; %" PRIu32 " packet%s dropped for lack of memory", v->drops,
		    v->drops == 1 ? " was" : "s were");
	if (v->nstalls)
		say(s, "; candidates: ");
	for (uint32_t i = 0; i < v->nstalls && i < 3; i++) {
		uint32_t id = v->stalls[i].stall;
		const struct sp_stall_names *n;

		if (!id || id > r->nstalls)
			continue;
		n = &r->names[id - 1];
		say(s, "%s%s of CPU %" PRIu32 " at %s", i ? ", " : "",
		    sp_mechanism_name(r->stalls[id - 1].mechanism), r->stalls[id - 1].cpu,
		    units_time(a, r->wall(r, r->stalls[id - 1].begin_ns), 3));
		if (n->comm)
			say(s, " (%s)", n->comm);
	}
}

const char *evidence_verdict(const struct sp_report *r, const struct sp_spike *k,
			     const struct sp_verdict *v, char ret[EVIDENCE_TEXT_LEN])
{
	struct sentence s = { .at = ret };
	char a[UNITS_LEN];

	ret[0] = 0;
	switch (v->kind) {
	case SP_VERDICT_STALL:
		say_stall(r, k, v, &s);
		break;
	case SP_VERDICT_DROP:
		say_drop(r, k, v, &s);
		break;
	case SP_VERDICT_TASK_DELAY:
		say(&s, "%s spent %s reclaiming memory for itself",
		    v->task_comm ? v->task_comm : "a task", units_duration(a, v->reclaim_ns));
		say_explained(k, v, &s);
		break;
	case SP_VERDICT_NO_DATA:
		say_no_data(k, v, &s);
		break;
	case SP_VERDICT_AMBIGUOUS:
		say_ambiguous(r, v, &s);
		break;
	default:
		say_none(r, k, v, &s);
		break;
	}
	return ret;
}
