#include "verdict_text.h"

#include "sentence.h"
#include "units.h"

#include <inttypes.h>

static void say_where(const struct sp_report *r, const struct sp_spike *k, struct sentence *s)
{
	if (k->cpu != SP_NO_CPU)
		sentence_say(s, "CPU %" PRIu32, k->cpu);
	else if (r->capture.ncpus == 1)
		sentence_say(s, "CPU %" PRIu32, r->capture.cpus[0].cpu);
	else
		sentence_say(s, "the recorded CPUs");
}

/* How much of the latency the stalls explain. What is left was healthy only where it was seen. */
static void say_explained(const struct sp_spike *k, const struct sp_verdict *v, struct sentence *s)
{
	char a[UNITS_LEN], b[UNITS_LEN];

	if (k->latency_ns == SP_UNKNOWN_NS)
		return;
	if (v->explained_ns * 10 >= k->latency_ns * 9)
		sentence_say(s, "; explains all of it");
	else
		sentence_say(s, "; explains %s of %s, %s", units_duration(a, v->explained_ns),
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
	sentence_say(s, "%s on CPU %" PRIu32 " for %s: %s", evidence_mechanism(st->mechanism),
		     st->cpu, units_duration(a, st->end_ns - st->begin_ns),
		     evidence_culprit(r, st, n, who));
	if (v->nstalls > 1)
		sentence_say(s, ", and %" PRIu32 " more stall%s", v->nstalls - 1,
			     v->nstalls == 2 ? "" : "s");
	say_explained(k, v, s);
}

/* A stall alone is short: it is the drop that makes a retransmission of it. */
static void say_drop(const struct sp_report *r, const struct sp_spike *k,
		     const struct sp_verdict *v, struct sentence *s)
{
	const struct sp_stall *st = evidence_lead(r, v);
	char who[EVIDENCE_TEXT_LEN], a[UNITS_LEN], b[UNITS_LEN];

	sentence_say(s, "a packet was dropped for lack of memory (%s)",
		     v->drop_reason ? v->drop_reason : "PFMEMALLOC");
	if (v->rto_ns && k->latency_ns != SP_UNKNOWN_NS)
		sentence_say(s, " and TCP sent it again after %s: that explains %s of %s",
			     units_duration(a, v->rto_ns),
			     v->explained_ns * 10 >= k->latency_ns * 9
				     ? "all"
				     : units_duration(b, v->explained_ns),
			     units_duration(who, k->latency_ns));
	else
		sentence_say(s, " and TCP had to send it again");
	if (st)
		sentence_say(s, "; with it went a stall: %s on CPU %" PRIu32 " for %s: %s",
			     evidence_mechanism(st->mechanism), st->cpu,
			     units_duration(a, st->end_ns - st->begin_ns),
			     evidence_culprit(r, st, &r->names[st - r->stalls], who));
}

static void say_no_data(const struct sp_spike *k, const struct sp_verdict *v, struct sentence *s)
{
	char a[UNITS_LEN];

	if (v->why == SP_WHY_OUTSIDE)
		sentence_say(s, "the spike lies outside the recording");
	else if (v->why == SP_WHY_CPU_NOT_RECORDED)
		sentence_say(s, "CPU %" PRIu32 " was not recorded", k->cpu);
	else if (v->why == SP_WHY_LOST)
		sentence_say(s, "records were lost in that time");
	else
		sentence_say(s, "%s of that time was not observed: neither healthy nor guilty",
			     units_duration(a, v->unobserved_ns));
}

static void say_none(const struct sp_report *r, const struct sp_spike *k,
		     const struct sp_verdict *v, struct sentence *s)
{
	char a[UNITS_LEN], b[UNITS_LEN];

	if (v->worst_delay_ns == SP_UNKNOWN_NS)
		sentence_say(s, "nothing was seen to keep softirqs waiting on ");
	say_where(r, k, s);
	if (v->worst_delay_ns != SP_UNKNOWN_NS)
		sentence_say(s, " served softirqs within %s all through this window",
			     units_duration(a, v->worst_delay_ns));
	else
		sentence_say(s, " in this window");
	if (v->explained_ns && k->latency_ns != SP_UNKNOWN_NS)
		sentence_say(s, " but for stalls of %s in all, too little for %s",
			     units_duration(a, v->explained_ns), units_duration(b, k->latency_ns));
	sentence_say(s, ": look elsewhere");
}

static void say_ambiguous(const struct sp_report *r, const struct sp_verdict *v, struct sentence *s)
{
	char a[UNITS_LEN];

	sentence_say(s, "not decided: ");
	if (v->why == SP_WHY_RIVALS)
		sentence_say(s, "stalls with different culprits fit equally well");
	else
		sentence_say(s, "%s of all windows hold as much by accident",
			     units_percent(a, v->chance));
	if (v->nstalls)
		sentence_say(s, "; candidates: ");
	for (uint32_t i = 0; i < v->nstalls && i < 3; i++) {
		uint32_t id = v->stalls[i].stall;
		const struct sp_stall_names *n;

		if (!id || id > r->nstalls)
			continue;
		n = &r->names[id - 1];
		sentence_say(s, "%s%s of CPU %" PRIu32 " at %s", i ? ", " : "",
			     sp_mechanism_name(r->stalls[id - 1].mechanism), r->stalls[id - 1].cpu,
			     units_time(a, r->wall(r, r->stalls[id - 1].begin_ns), 3));
		if (n->comm)
			sentence_say(s, " (%s)", n->comm);
	}
}

const char *verdict_sentence(const struct sp_report *r, const struct sp_spike *k,
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
		sentence_say(&s, "%s spent %s reclaiming memory for itself",
			     v->task_comm ? v->task_comm : "a task",
			     units_duration(a, v->reclaim_ns));
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
