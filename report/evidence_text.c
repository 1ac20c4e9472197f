#include "evidence_text.h"

#include "units.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

const char *evidence_name(uint8_t kind)
{
	static const char *const names[] = {
		[SP_EVID_TICK_LATE] = "tick-late",
		[SP_EVID_LATE_SAMPLE] = "late-sample",
		[SP_EVID_RELEASE_POINT] = "release-point",
		[SP_EVID_IF_CLEAR] = "if-clear",
		[SP_EVID_BH_FLAG] = "bh-flag",
		[SP_EVID_PENDING] = "pending",
		[SP_EVID_NO_PROGRESS] = "no-progress",
		[SP_EVID_ENTRY_EXIT] = "entry-exit",
		[SP_EVID_FUNC] = "function",
		[SP_EVID_KSOFTIRQD_WAIT] = "ksoftirqd-wait",
		[SP_EVID_HOG_CLASS] = "hog-class",
		[SP_EVID_SQUEEZE] = "squeeze",
		[SP_EVID_NAPI] = "napi",
		[SP_EVID_STEAL] = "steal",
		[SP_EVID_WITNESS_GAP] = "witness-gap",
		[SP_EVID_WITNESS_RAN] = "witness-ran",
		[SP_EVID_SAMPLES] = "samples",
		[SP_EVID_INFERRED] = "inferred",
		[SP_EVID_NO_REASON] = "no-reason",
		[SP_EVID_AFTER_NAPI] = "after-napi",
		[SP_EVID_HOST_PAUSE] = "host-pause",
		[SP_EVID_PAUSES] = "pauses",
		[SP_EVID_FD_READ] = "fd-read",
		[SP_EVID_SERVING] = "serving",
	};

	return kind < sizeof(names) / sizeof(names[0]) && names[kind] ? names[kind] : "unknown";
}

/* snprintf for a row of pieces; stays inside the buffer and remembers where it is. */
struct sentence {
	char *at;
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void say(struct sentence *s, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(s->at + s->len, EVIDENCE_TEXT_LEN - s->len, fmt, args);
	va_end(args);
	s->len += n > 0 ? (size_t)n : 0;
	if (s->len >= EVIDENCE_TEXT_LEN)
		s->len = EVIDENCE_TEXT_LEN - 1;
}

static void say_measure(const struct sp_evidence *e, const char *name, struct sentence *s)
{
	char a[UNITS_LEN], b[UNITS_LEN];

	units_duration(a, e->n[0]);
	units_duration(b, e->n[1]);
	switch (e->kind) {
	case SP_EVID_TICK_LATE:
		say(s, "the clock interrupt came %s late", a);
		break;
	case SP_EVID_LATE_SAMPLE:
		say(s, "the late sample stands in %s", name);
		break;
	case SP_EVID_RELEASE_POINT:
		say(s, "the late sample stands in %s, where interrupts come on", name);
		break;
	case SP_EVID_NO_PROGRESS:
		say(s, "no softirq began or ended for %s", a);
		break;
	case SP_EVID_FUNC:
		say(s, "%s ran for %s", name, a);
		break;
	case SP_EVID_KSOFTIRQD_WAIT:
		say(s, "ksoftirqd was runnable for %s and did not get the CPU", a);
		break;
	case SP_EVID_STEAL:
		say(s, "the hypervisor reports %s of steal within %s", a, b);
		break;
	case SP_EVID_WITNESS_GAP:
		say(s, "CPU %" PRIu64 " stood still for %s at the same time", e->n[0], b);
		break;
	case SP_EVID_PENDING:
		say(s, "%s was pending for %s", sp_vec_name((uint32_t)e->n[0]), b);
		break;
	default:
		break;
	}
}

static void say_count(const struct sp_evidence *e, const char *name, struct sentence *s)
{
	char b[UNITS_LEN];

	units_duration(b, e->n[1]);
	switch (e->kind) {
	case SP_EVID_IF_CLEAR:
		say(s, "%" PRIu64 " samples in a row have interrupts off", e->n[0]);
		break;
	case SP_EVID_BH_FLAG:
		say(s,
		    "%" PRIu64 " clock interrupts in a row found bottom halves off and no softirq "
		    "running",
		    e->n[0]);
		break;
	case SP_EVID_ENTRY_EXIT:
		if (name[0])
			say(s, "interrupt %" PRIu64 " (%s) ran for %s", e->n[0], name, b);
		else
			say(s, "softirq %s ran for %s", sp_vec_name((uint32_t)e->n[0]), b);
		break;
	case SP_EVID_HOG_CLASS:
		say(s, "%s has kernel priority %" PRId64, name, (int64_t)e->n[0]);
		break;
	case SP_EVID_SQUEEZE:
		say(s, "the receive budget ran out %" PRIu64 " times", e->n[0]);
		break;
	case SP_EVID_NAPI:
		say(s, "%" PRIu64 " polls of %s took %" PRIu64 " packets", e->n[0], name, e->n[1]);
		break;
	case SP_EVID_WITNESS_RAN:
		say(s, "CPU %" PRIu64 " went on running", e->n[0]);
		break;
	case SP_EVID_SAMPLES:
		say(s, "%" PRIu64 " samples inside", e->n[0]);
		break;
	case SP_EVID_INFERRED:
		say(s, "inferred: this kernel does not tell bottom-half state");
		break;
	case SP_EVID_NO_REASON:
		say(s, "nothing ran, and no reason was seen");
		break;
	case SP_EVID_AFTER_NAPI:
		say(s, "%s waited behind NET_RX", sp_vec_name((uint32_t)e->n[0]));
		break;
	case SP_EVID_HOST_PAUSE:
		say(s, "the interrupted code had interrupts on: the virtual CPU itself was not "
		       "running");
		break;
	case SP_EVID_SERVING:
		say(s,
		    "%" PRIu64 " clock interrupts in a row found a softirq running (NET_RX is "
		    "recorded 1 in %" PRIu64 ")",
		    e->n[0], e->n[1]);
		break;
	case SP_EVID_PAUSES:
		say(s,
		    "the host paused this CPU %" PRIu64 " time%s elsewhere for about as long, and "
		    "a pause here would look the same",
		    e->n[0], e->n[0] == 1 ? "" : "s");
		break;
	case SP_EVID_FD_READ:
		say(s, "fd %" PRIu64 " was %s during the stall", e->n[0], name);
		break;
	default:
		break;
	}
}

const char *evidence_sentence(const struct sp_report *r, const struct sp_evidence *e,
			      char ret[EVIDENCE_TEXT_LEN])
{
	const char *name = e->addr ? r->addr(r, e->addr) : r->str(r, e->name);
	struct sentence s = { .at = ret };

	ret[0] = 0;
	say_measure(e, name, &s);
	if (!s.len)
		say_count(e, name, &s);
	return ret;
}

const char *evidence_mechanism(uint8_t mechanism)
{
	switch (mechanism) {
	case SP_MECH_IRQS_OFF:
		return "interrupts were off";
	case SP_MECH_BH_OFF:
		return "bottom halves were off";
	case SP_MECH_SOFTIRQ:
		return "one softirq ran too long";
	case SP_MECH_HARDIRQ:
		return "one interrupt ran too long";
	case SP_MECH_KSOFTIRQD:
		return "ksoftirqd had to wait for the CPU";
	case SP_MECH_LOAD:
		return "packets took the whole CPU";
	case SP_MECH_STEAL:
		return "the hypervisor did not run this virtual CPU";
	case SP_MECH_STOPPED:
		return "the CPU stood still";
	default:
		return "unknown";
	}
}

const char *evidence_culprit(const struct sp_report *r, const struct sp_stall *st,
			     const struct sp_stall_names *n, char ret[EVIDENCE_TEXT_LEN])
{
	struct sentence s = { .at = ret };

	ret[0] = 0;
	if (st->mechanism == SP_MECH_STEAL) {
		say(&s, "the hypervisor");
	} else if (st->mechanism == SP_MECH_STOPPED) {
		say(&s, "unknown (a pause of the host, firmware, or unreported steal)");
	} else if (st->mechanism == SP_MECH_SOFTIRQ) {
		say(&s, "softirq %s", sp_vec_name(st->vec));
	} else if (st->mechanism == SP_MECH_HARDIRQ) {
		if (r->str(r, st->irq.name)[0])
			say(&s, "interrupt %s", r->str(r, st->irq.name));
		else
			say(&s, "interrupt %" PRIu32, st->irq.id);
	} else if (st->mechanism == SP_MECH_LOAD) {
		say(&s, "packets%s%s", st->dev ? " on " : "", r->str(r, st->dev));
	} else if (n->comm) {
		say(&s, "%s[%" PRId32 "]", n->comm, n->pid > 0 ? n->pid : st->tid);
		if (n->is_self)
			say(&s, " (sirqprof itself)");
	} else {
		say(&s, "unknown task");
	}
	if (n->syscall && n->comm)
		say(&s, " in %s(2)", n->syscall);
	if (n->file)
		say(&s, " of %s%s", n->file, n->file_inferred ? " (inferred)" : "");
	if (n->container)
		say(&s, ", container %s", n->container);
	else if (n->unit)
		say(&s, ", unit %s", n->unit);
	if (n->pod)
		say(&s, ", pod %s", n->pod_name ? n->pod_name : n->pod);
	return ret;
}

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
		say(s, " and TCP sent it again after %s: that explains %s of %s",
		    units_duration(a, v->rto_ns),
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
