#include "evidence_text.h"

#include "sentence.h"
#include "units.h"

#include <inttypes.h>
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
		[SP_EVID_POLL] = "poll",
		[SP_EVID_LOAD] = "load",
		[SP_EVID_NMI_SILENT] = "nmi-silent",
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
		say(s, "%s was runnable for %s and did not get the CPU",
		    name[0] ? name : "ksoftirqd", a);
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
	case SP_EVID_NMI_SILENT:
		say(s,
		    "no sample came for %s, though they come with interrupts off too: nothing ran",
		    a);
		break;
	default:
		break;
	}
}

/* The scheduling class behind a kernel priority (include/linux/sched/prio.h). */
static void say_class(const char *name, int64_t prio, struct sentence *s)
{
	if (prio < 0)
		say(s, "%s is a deadline task (SCHED_DEADLINE)", name);
	else if (prio < 100)
		say(s, "%s is a real-time task (priority %" PRId64 ")", name, 99 - prio);
	else
		say(s, "%s is a normal task (nice %" PRId64 ")", name, prio - 120);
}

static void say_load(const struct sp_evidence *e, const char *name, struct sentence *s)
{
	char a[UNITS_LEN];

	units_duration(a, e->n[0]);
	if (name[0])
		say(s, "the thread that polls %s ran for %s without a pause", name, a);
	else
		say(s, "NET_RX ran %" PRIu64 " times in a row, %s in all, without a pause", e->n[1],
		    a);
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
		say_class(name, (int64_t)e->n[0], s);
		break;
	case SP_EVID_SQUEEZE:
		say(s, "the receive budget ran out %" PRIu64 " time%s within %s", e->n[0],
		    e->n[0] == 1 ? "" : "s", b);
		break;
	case SP_EVID_NAPI:
		say(s, "%" PRIu64 " polls of %s took %" PRIu64 " packets", e->n[0], name, e->n[1]);
		break;
	case SP_EVID_POLL:
		say(s, "one poll of %s took %s and %" PRIu64 " packets", name, b, e->n[0]);
		break;
	case SP_EVID_LOAD:
		say_load(e, name, s);
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
		say(&s, "the hypervisor");
	} else if (st->mechanism == SP_MECH_STOPPED) {
		say(&s, "unknown (a pause of the host, firmware, or unreported steal)");
	} else if (st->mechanism == SP_MECH_SOFTIRQ) {
		say(&s, "softirq %s%s%s", sp_vec_name(st->vec), st->dev ? " on " : "",
		    r->str(r, st->dev));
	} else if (st->mechanism == SP_MECH_HARDIRQ) {
		if (r->str(r, st->irq.name)[0])
			say(&s, "interrupt %s", r->str(r, st->irq.name));
		else
			say(&s, "interrupt %" PRIu32, st->irq.id);
		if (n->is_self)
			say(&s, " (sirqprof's own sampling)");
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
	if (n->pod)
		say(&s, ", pod %s", n->pod);
	return ret;
}
