#include "evidence_text.h"

#include "sentence.h"
#include "units.h"

#include <inttypes.h>

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
		[SP_EVID_HOST_PAUSE] = "host-pause",
		[SP_EVID_PAUSES] = "pauses",
		[SP_EVID_FD_READ] = "fd-read",
		[SP_EVID_SERVING] = "serving",
		[SP_EVID_POLL] = "poll",
		[SP_EVID_LOAD] = "load",
		[SP_EVID_NMI_SILENT] = "nmi-silent",
		[SP_EVID_STOOD] = "stood",
	};

	return kind < sizeof(names) / sizeof(names[0]) && names[kind] ? names[kind] : "unknown";
}

static void say_measure(const struct sp_evidence *e, const char *name, struct sentence *s)
{
	char a[UNITS_LEN], b[UNITS_LEN];

	units_duration(a, e->n[0]);
	units_duration(b, e->n[1]);
	switch (e->kind) {
	case SP_EVID_TICK_LATE:
		sentence_say(s, "the clock interrupt came %s late", a);
		break;
	case SP_EVID_LATE_SAMPLE:
		sentence_say(s, "the late sample stands in %s", name);
		break;
	case SP_EVID_RELEASE_POINT:
		sentence_say(s, "the late sample stands in %s, where interrupts come on", name);
		break;
	case SP_EVID_NO_PROGRESS:
		sentence_say(s, "no softirq began or ended for %s", a);
		break;
	case SP_EVID_FUNC:
		sentence_say(s, "%s ran for %s", name, a);
		break;
	case SP_EVID_KSOFTIRQD_WAIT:
		sentence_say(s, "%s was runnable for %s and did not get the CPU",
			     name[0] ? name : "ksoftirqd", a);
		break;
	case SP_EVID_STEAL:
		sentence_say(s, "the hypervisor reports %s of steal within %s", a, b);
		break;
	case SP_EVID_WITNESS_GAP:
		sentence_say(s, "CPU %" PRIu64 " stood still for %s at the same time", e->n[0], b);
		break;
	case SP_EVID_PENDING:
		sentence_say(s, "%s was pending for %s", sp_vec_name((uint32_t)e->n[0]), b);
		break;
	case SP_EVID_NMI_SILENT:
		sentence_say(s,
			     "no sample came for %s, though they come with interrupts off too: "
			     "nothing ran",
			     a);
		break;
	case SP_EVID_STOOD:
		sentence_say(s, "for %s of it nothing ran, or nothing was recorded", a);
		break;
	default:
		break;
	}
}

/* The scheduling class behind a kernel priority (include/linux/sched/prio.h). */
static void say_class(const char *name, int64_t prio, struct sentence *s)
{
	if (prio < 0)
		sentence_say(s, "%s is a deadline task (SCHED_DEADLINE)", name);
	else if (prio < 100)
		sentence_say(s, "%s is a real-time task (priority %" PRId64 ")", name, 99 - prio);
	else
		sentence_say(s, "%s is a normal task (nice %" PRId64 ")", name, prio - 120);
}

static void say_load(const struct sp_evidence *e, const char *name, struct sentence *s)
{
	char a[UNITS_LEN];

	units_duration(a, e->n[0]);
	if (name[0])
		sentence_say(s, "the thread that polls %s ran for %s", name, a);
	else
		sentence_say(s, "NET_RX ran %" PRIu64 " times in a row, %s in all", e->n[1], a);
}

static void say_count(const struct sp_evidence *e, const char *name, struct sentence *s)
{
	char b[UNITS_LEN];

	units_duration(b, e->n[1]);
	switch (e->kind) {
	case SP_EVID_IF_CLEAR:
		sentence_say(s, "%" PRIu64 " samples in a row have interrupts off", e->n[0]);
		break;
	case SP_EVID_BH_FLAG:
		sentence_say(s,
			     "%" PRIu64
			     " clock interrupts in a row found bottom halves off and no softirq "
			     "running",
			     e->n[0]);
		break;
	case SP_EVID_ENTRY_EXIT:
		if (name[0])
			sentence_say(s, "interrupt %" PRIu64 " (%s) ran for %s", e->n[0], name, b);
		else
			sentence_say(s, "softirq %s ran for %s", sp_vec_name((uint32_t)e->n[0]), b);
		break;
	case SP_EVID_HOG_CLASS:
		say_class(name, (int64_t)e->n[0], s);
		break;
	case SP_EVID_SQUEEZE:
		sentence_say(s, "the receive budget ran out %" PRIu64 " time%s within %s", e->n[0],
			     e->n[0] == 1 ? "" : "s", b);
		break;
	case SP_EVID_NAPI:
		sentence_say(s, "%" PRIu64 " polls of %s took %" PRIu64 " packets", e->n[0],
			     name[0] ? name : "several devices", e->n[1]);
		break;
	case SP_EVID_POLL:
		sentence_say(s, "one poll of %s took %s and %" PRIu64 " packets", name, b, e->n[0]);
		break;
	case SP_EVID_LOAD:
		say_load(e, name, s);
		break;
	case SP_EVID_WITNESS_RAN:
		sentence_say(s, "CPU %" PRIu64 " went on running", e->n[0]);
		break;
	case SP_EVID_SAMPLES:
		sentence_say(s, "%" PRIu64 " samples inside", e->n[0]);
		break;
	case SP_EVID_INFERRED:
		sentence_say(s, "inferred: this kernel does not tell bottom-half state");
		break;
	case SP_EVID_NO_REASON:
		sentence_say(s, "nothing ran, and no reason was seen");
		break;
	case SP_EVID_HOST_PAUSE:
		sentence_say(
			s, "the interrupted code had interrupts on: the virtual CPU itself was not "
			   "running");
		break;
	case SP_EVID_SERVING:
		sentence_say(s,
			     "%" PRIu64
			     " clock interrupts in a row found a softirq running (NET_RX is "
			     "recorded 1 in %" PRIu64 ")",
			     e->n[0], e->n[1]);
		break;
	case SP_EVID_PAUSES:
		sentence_say(s,
			     "the host paused this CPU %" PRIu64
			     " time%s elsewhere for about as long, and "
			     "a pause here would look the same",
			     e->n[0], e->n[0] == 1 ? "" : "s");
		break;
	case SP_EVID_FD_READ:
		sentence_say(s, "fd %" PRIu64 " was %s during the stall", e->n[0], name);
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
		return "the thread that serves softirqs had to wait";
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
		sentence_say(&s, "the hypervisor");
	} else if (st->mechanism == SP_MECH_STOPPED) {
		sentence_say(&s, "unknown (a pause of the host, firmware, or unreported steal)");
	} else if (st->mechanism == SP_MECH_SOFTIRQ) {
		sentence_say(&s, "softirq %s%s%s", sp_vec_name(st->vec), st->dev ? " on " : "",
			     r->str(r, st->dev));
	} else if (st->mechanism == SP_MECH_HARDIRQ) {
		if (r->str(r, st->irq.name)[0])
			sentence_say(&s, "interrupt %s", r->str(r, st->irq.name));
		else
			sentence_say(&s, "interrupt %" PRIu32, st->irq.id);
		if (n->is_self)
			sentence_say(&s, " (sirqprof's own sampling)");
	} else if (st->mechanism == SP_MECH_LOAD) {
		sentence_say(&s, "packets%s%s", st->dev ? " on " : "", r->str(r, st->dev));
	} else if (n->comm) {
		sentence_say(&s, "%s[%" PRId32 "]", n->comm, n->pid > 0 ? n->pid : st->tid);
		if (n->is_self)
			sentence_say(&s, " (sirqprof itself)");
	} else {
		sentence_say(&s, "unknown task");
	}
	if (n->syscall && n->comm)
		sentence_say(&s, " in %s(2)", n->syscall);
	if (n->file)
		sentence_say(&s, " of %s%s", n->file, n->file_inferred ? " (inferred)" : "");
	if (n->container)
		sentence_say(&s, ", container %s", n->container);
	else if (n->unit)
		sentence_say(&s, ", unit %s", n->unit);
	if (n->pod)
		sentence_say(&s, ", pod %s", n->pod_name ? n->pod_name : n->pod);
	return ret;
}

const struct sp_stall *evidence_lead(const struct sp_report *r, const struct sp_verdict *v)
{
	uint32_t id = v->nstalls ? v->stalls[0].stall : 0;

	return id && id <= r->nstalls ? &r->stalls[id - 1] : NULL;
}
