#include "evidence_text.h"
#include "quality_text.h"
#include "render.h"
#include "units.h"

#include <inttypes.h>
#include <math.h>

/*
 * For a person with three minutes and an outage: first the culprit, then each spike, then the
 * ranking, what was noticed, and what to do.
 */

/* Evidence rows shown of a stall. */
#define EVIDENCE_ROWS 3

struct text {
	FILE *out;
	const struct sp_report *r;
	const struct render_opts *opts;
	const char *arrow;
};

static void heading(const struct text *t, const char *title)
{
	fprintf(t->out, "\n%s\n", title);
}

static void put_function(const struct text *t, const char *entry, const char *caller)
{
	if (!entry && !caller) {
		fputs("[unknown]", t->out);
		return;
	}
	units_text(t->out, entry ? entry : caller);
	if (entry && caller && strcmp(entry, caller) != 0) {
		fprintf(t->out, " %s ", t->arrow);
		units_text(t->out, caller);
	}
}

/* Where there is no function to name, the mechanism is what can be said: "(steal)". */
static void put_who(const struct text *t, const struct sp_caller *c)
{
	if (c->entry || c->caller || !c->mechanisms)
		put_function(t, c->entry, c->caller);
	else
		fprintf(t->out, "(%s)",
			sp_mechanism_name((enum sp_mechanism)__builtin_ctz(c->mechanisms)));
}

static void put_capture(const struct text *t)
{
	const struct sp_capture *c = &t->r->capture;
	char a[UNITS_LEN], b[UNITS_LEN];

	fprintf(t->out, "sirqprof: %s of ", units_duration(a, c->end_mono_ns - c->begin_mono_ns));
	if (c->ncpus == 1)
		fprintf(t->out, "CPU %" PRIu32, c->cpus[0].cpu);
	else
		fprintf(t->out, "%" PRIu32 " CPUs", c->ncpus);
	if (c->host) {
		fputs(" of ", t->out);
		units_text(t->out, c->host);
	}
	if (c->kernel) {
		fputs(", Linux ", t->out);
		units_text(t->out, c->kernel);
	}
	if (c->begin_real_ns != INT64_MIN)
		fprintf(t->out, ", from %s", units_time(b, c->begin_real_ns, 3));
	fputc('\n', t->out);
}

static uint32_t count_kind(const struct sp_report *r, enum sp_verdict_kind kind)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->nspikes; i++)
		n += r->verdicts[i].kind == kind;
	return n;
}

static void put_top_culprit(const struct text *t)
{
	const struct sp_caller *c = t->r->ncallers ? &t->r->callers[0] : NULL;
	char a[UNITS_LEN];

	if (!c || (t->r->spikes_given && !c->explained_ns))
		return;
	fputs("Most of it: ", t->out);
	put_who(t, c);
	if (c->ntasks) {
		fputs(", called by ", t->out);
		units_text(t->out, c->tasks[0].comm);
		if (c->tasks[0].pid > 0)
			fprintf(t->out, "[%" PRId32 "]", c->tasks[0].pid);
		if (c->tasks[0].file) {
			fputs(" on ", t->out);
			units_text(t->out, c->tasks[0].file);
		}
		if (c->tasks[0].container) {
			fputs(" in ", t->out);
			units_text(t->out, c->tasks[0].container);
		}
	}
	fprintf(t->out, ": %s of stalls\n", units_duration(a, c->starved_ns));
}

static void put_headline(const struct text *t)
{
	const struct sp_report *r = t->r;
	static const struct {
		enum sp_verdict_kind kind;
		const char *what;
	} others[] = { { SP_VERDICT_AMBIGUOUS, "not decided" },
		       { SP_VERDICT_NONE, "not explained by softirqs" },
		       { SP_VERDICT_NO_DATA, "without data" } };
	uint32_t explained = 0;

	for (uint32_t i = 0; i < r->nspikes; i++)
		explained += r->verdicts[i].explained;
	if (!r->spikes_given)
		fprintf(t->out, "%" PRIu32 " stall%s found.\n", r->nstalls,
			r->nstalls == 1 ? "" : "s");
	else if (!r->nspikes)
		fputs("No spike in what was given.\n", t->out);
	else
		fprintf(t->out, "%" PRIu32 " of %" PRIu32 " spike%s explained", explained,
			r->nspikes, r->nspikes == 1 ? "" : "s");
	for (size_t i = 0; r->nspikes && i < sizeof(others) / sizeof(others[0]); i++)
		if (count_kind(r, others[i].kind))
			fprintf(t->out, ", %" PRIu32 " %s", count_kind(r, others[i].kind),
				others[i].what);
	if (r->nspikes)
		fputs(".\n", t->out);
	put_top_culprit(t);
}

static const char *confidence_word(double confidence)
{
	return confidence >= 0.9 ? "sure" : confidence >= 0.7 ? "likely" : "weak";
}

static void put_stall_names(const struct text *t, const struct sp_stall *s)
{
	const struct sp_stall_names *n = &t->r->names[s - t->r->stalls];

	if (!n->entry && !n->caller)
		return;
	fputs("    in ", t->out);
	put_function(t, n->entry, n->caller);
	if (n->nparents) {
		fputs("; started by ", t->out);
		for (uint32_t i = n->nparents; i-- > 0;) {
			units_text(t->out, n->parents[i]);
			if (i)
				fprintf(t->out, " %s ", t->arrow);
		}
	}
	fputc('\n', t->out);
}

static void put_evidence(const struct text *t, const struct sp_stall *s)
{
	char sentence[EVIDENCE_TEXT_LEN];

	for (uint32_t i = 0; i < s->nevidence && i < EVIDENCE_ROWS; i++) {
		fputs(i ? "; " : "    seen: ", t->out);
		units_text(t->out, evidence_sentence(t->r, &s->evidence[i], sentence));
	}
	if (s->nevidence)
		fputc('\n', t->out);
}

static void put_spike(const struct text *t, uint32_t i)
{
	const struct sp_spike *k = &t->r->spikes[i];
	const struct sp_verdict *v = &t->r->verdicts[i];
	const struct sp_stall *s = evidence_lead(t->r, v);
	char sentence[EVIDENCE_TEXT_LEN], a[UNITS_LEN];

	fprintf(t->out, "\n  %s", units_time(a, k->time_ns, 3));
	if (k->latency_ns != SP_UNKNOWN_NS)
		fprintf(t->out, "  %s late", units_duration(a, k->latency_ns));
	if (k->count > 1)
		fprintf(t->out, "  (%" PRIu32 " in a row)", k->count);
	if (k->label) {
		fputs("  ", t->out);
		units_text(t->out, k->label);
	}
	fprintf(t->out, "  [%s", sp_verdict_name(v->kind));
	if (v->kind == SP_VERDICT_STALL && s)
		fprintf(t->out, ": %s, %s, confidence %.2f", sp_mechanism_name(s->mechanism),
			confidence_word(v->confidence), v->confidence);
	fputs("]\n    ", t->out);
	units_text(t->out, evidence_verdict(t->r, k, v, sentence));
	fputc('\n', t->out);
	if (v->kind == SP_VERDICT_STALL && s) {
		put_stall_names(t, s);
		put_evidence(t, s);
	}
}

/* Worst first: explained ones by latency; a spike file may hold thousands. */
static void put_spikes(const struct text *t)
{
	uint32_t shown = 0, limit = t->opts->top > UINT32_MAX / 2 ? UINT32_MAX : t->opts->top * 2;

	if (!t->r->nspikes)
		return;
	heading(t, "Spikes");
	for (uint32_t i = 0; i < t->r->nspikes && shown < limit; i++, shown++)
		put_spike(t, i);
	if (shown < t->r->nspikes)
		fprintf(t->out, "\n  … and %" PRIu32 " more: --top, or --json for all of them\n",
			t->r->nspikes - shown);
}

/* The index of the longest stall not yet shown (shorter than the one before, or behind it). */
static uint32_t next_longest(const struct sp_report *r, uint64_t below_ns, uint32_t after)
{
	uint32_t best = UINT32_MAX;
	uint64_t best_ns = 0;

	for (uint32_t i = 0; i < r->nstalls; i++) {
		uint64_t ns = r->stalls[i].end_ns - r->stalls[i].begin_ns;

		if (ns > below_ns || (ns == below_ns && i <= after && after != UINT32_MAX))
			continue;
		if (best == UINT32_MAX || ns > best_ns) {
			best = i;
			best_ns = ns;
		}
	}
	return best;
}

static void put_stall(const struct text *t, const struct sp_stall *s)
{
	char who[EVIDENCE_TEXT_LEN], a[UNITS_LEN], b[UNITS_LEN];

	fprintf(t->out, "\n  %s  CPU %" PRIu32 "  %s  [%s, %s, confidence %.2f]\n    %s: ",
		units_time(a, t->r->wall(t->r, s->begin_ns), 3), s->cpu,
		units_duration(b, s->end_ns - s->begin_ns), sp_mechanism_name(s->mechanism),
		confidence_word(s->confidence), s->confidence, evidence_mechanism(s->mechanism));
	units_text(t->out, evidence_culprit(t->r, s, &t->r->names[s - t->r->stalls], who));
	fputc('\n', t->out);
	put_stall_names(t, s);
	put_evidence(t, s);
}

static void put_stalls(const struct text *t)
{
	uint64_t below = UINT64_MAX;
	uint32_t at = UINT32_MAX, shown = 0;

	if (t->r->spikes_given || !t->r->nstalls)
		return;
	heading(t, "Stalls, longest first");
	for (; shown < t->opts->top; shown++) {
		at = next_longest(t->r, below, at);
		if (at == UINT32_MAX)
			break;
		below = t->r->stalls[at].end_ns - t->r->stalls[at].begin_ns;
		put_stall(t, &t->r->stalls[at]);
	}
	if (shown < t->r->nstalls)
		fprintf(t->out, "\n  … and %" PRIu32 " more: --top, or --json for all of them\n",
			t->r->nstalls - shown);
}

static void put_caller(const struct text *t, const struct sp_caller *c)
{
	char a[UNITS_LEN], b[UNITS_LEN];

	fprintf(t->out, "  %3" PRIu32 "  %9s %6s %6" PRIu32 "  ", c->rank,
		units_duration(a, c->starved_ns), units_percent(b, c->share), c->spikes);
	if (isnan(c->lift))
		fprintf(t->out, "%6s  ", "-");
	else
		fprintf(t->out, "%6.1f  ", c->lift);
	put_who(t, c);
	if (c->family) {
		fputs("  (", t->out);
		units_text(t->out, c->family);
		fputc(')', t->out);
	}
	for (uint32_t i = 0; i < c->ntasks && i < 3; i++) {
		fputs(i ? ", " : "  by ", t->out);
		units_text(t->out, c->tasks[i].comm);
	}
	if (c->ntasks > 3)
		fprintf(t->out, " and %" PRIu32 " more", c->ntasks - 3);
	fputc('\n', t->out);
}

static void put_ranking(const struct text *t)
{
	if (!t->r->ncallers)
		return;
	heading(t, "Callers, by the time they took");
	fputs("  rank    starved  share spikes    lift  function\n", t->out);
	for (uint32_t i = 0; i < t->r->ncallers && i < t->opts->top; i++)
		put_caller(t, &t->r->callers[i]);
}

static void put_quality(const struct text *t)
{
	if (!t->r->nquality)
		return;
	heading(t, "What this report cannot know");
	for (uint32_t i = 0; i < t->r->nquality; i++) {
		const struct sp_quality_row *q = &t->r->quality[i];
		char sentence[QUALITY_TEXT_LEN];

		fprintf(t->out, "  %-7s ", quality_severity_name(q->severity));
		units_text(t->out, quality_sentence(q, sentence));
		if (quality_remedy(q->code)[0])
			fprintf(t->out, "\n          do: %s", quality_remedy(q->code));
		fputc('\n', t->out);
	}
}

static const char *advice(uint32_t mechanism)
{
	switch (mechanism) {
	case SP_MECH_IRQS_OFF:
	case SP_MECH_BH_OFF:
		return "stop or slow down the reader named above; newer kernels hold the lock shorter";
	case SP_MECH_SOFTIRQ:
		return "make the timer or handler above do less, or move it off the CPUs that take packets";
	case SP_MECH_HARDIRQ:
		return "move the interrupt to another CPU (/proc/irq/N/smp_affinity); look at its driver";
	case SP_MECH_KSOFTIRQD:
		return "lower the class of the task above, or keep it off this CPU";
	case SP_MECH_LOAD:
		return "spread the packets (RSS, RPS), or drop the flood earlier";
	case SP_MECH_STEAL:
	case SP_MECH_STOPPED:
		return "look at the host: overcommitted CPUs, live migration, SMIs";
	default:
		return NULL;
	}
}

static void put_advice(const struct text *t)
{
	uint32_t seen = 0;

	for (uint32_t i = 0; i < t->r->ncallers; i++)
		if (!t->r->spikes_given || t->r->callers[i].explained_ns)
			seen |= t->r->callers[i].mechanisms;
	if (!seen)
		return;
	heading(t, "What to do");
	for (uint32_t m = SP_MECH_IRQS_OFF; m < SP_NR_MECHS; m++)
		if (seen >> m & 1 && advice(m))
			fprintf(t->out, "  %-9s %s\n", sp_mechanism_name(m), advice(m));
}

/* Nothing found must not read like nothing looked at. */
static void put_healthy(const struct text *t)
{
	const struct sp_capture *c = &t->r->capture;
	char a[UNITS_LEN], b[UNITS_LEN], d[UNITS_LEN];

	if (t->r->nstalls)
		return;
	for (uint32_t i = 0; i < c->ncpus && i < 8; i++)
		fprintf(t->out, "CPU %" PRIu32 ": no stall of %s or more; %s of %s observed\n",
			c->cpus[i].cpu, units_duration(a, c->min_stall_ns),
			units_duration(b, c->cpus[i].covered_ns),
			units_duration(d, c->end_mono_ns - c->begin_mono_ns));
}

int text_render(FILE *out, const struct sp_report *r, const struct render_opts *opts,
		struct sp_err *err)
{
	const struct text t = { out, r, opts, opts->utf8 ? "›" : ">" };

	(void)err;
	put_capture(&t);
	put_headline(&t);
	put_healthy(&t);
	put_spikes(&t);
	put_stalls(&t);
	put_ranking(&t);
	put_quality(&t);
	put_advice(&t);
	return SP_OK;
}
