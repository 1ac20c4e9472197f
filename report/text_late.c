#include "evidence_text.h"
#include "text.h"
#include "units.h"
#include "worst.h"

#include <sirqprof/own.h>

#include <inttypes.h>

/*
 * What was late: spikes with their verdicts, or the stalls by themselves.
 */

/* Evidence rows shown of a stall; JSON has all of them. */
#define EVIDENCE_ROWS 4

#define INDENT 4

static const char *confidence_word(double confidence)
{
	return confidence >= 0.9 ? "sure" : confidence >= 0.7 ? "likely" : "weak";
}

static void put_names(const struct text *t, const struct sp_stall *s)
{
	const struct sp_stall_names *n = &t->r->names[s - t->r->stalls];
	char para[TEXT_PARA_LEN] = "in ", function[TEXT_PARA_LEN];

	if (!n->entry && !n->caller)
		return;
	text_add(para, "%s", text_function(t, n->entry, n->caller, function));
	for (uint32_t i = n->nparents; i-- > 0;) {
		if (i + 1 == n->nparents)
			text_add(para, "; started by %s", n->parents[i]);
		else
			text_add(para, " %s %s", t->arrow, n->parents[i]);
	}
	fprintf(t->out, "%*s", INDENT, "");
	text_para(t, INDENT, para);
}

static void put_evidence(const struct text *t, const struct sp_stall *s)
{
	char para[TEXT_PARA_LEN] = "seen: ", sentence[EVIDENCE_TEXT_LEN];

	if (!s->nevidence)
		return;
	for (uint32_t i = 0; i < s->nevidence && i < EVIDENCE_ROWS; i++)
		text_add(para, "%s%s", i ? "; " : "",
			 evidence_sentence(t->r, &s->evidence[i], sentence));
	fprintf(t->out, "%*s", INDENT, "");
	text_para(t, INDENT, para);
}

/* Who was late, and what it came to: the line that is read first. */
static void put_spike_head(const struct text *t, uint32_t i, const struct sp_stall *s)
{
	const struct sp_spike *k = &t->r->spikes[i];
	const struct sp_verdict *v = &t->r->verdicts[i];
	char para[TEXT_PARA_LEN] = "", a[UNITS_LEN];

	text_add(para, "%s", units_time(a, k->time_ns, 3));
	if (k->latency_ns != SP_UNKNOWN_NS)
		text_add(para, "  %s late", units_duration(a, k->latency_ns));
	/* A log of whole seconds, or a clock that is known badly: the window is that much wider. */
	if (k->uncertainty_ns >= 1000000 &&
	    (k->latency_ns == SP_UNKNOWN_NS || k->uncertainty_ns >= k->latency_ns / 4))
		text_add(para, "  (time known within %s)", units_duration(a, k->uncertainty_ns));
	if (k->count > 1)
		text_add(para, "  (%" PRIu32 " in a row)", k->count);
	if (k->label)
		text_add(para, "  %.200s", k->label);
	text_add(para, "  [%s", sp_verdict_name(v->kind));
	if (v->kind == SP_VERDICT_STALL && s)
		text_add(para, ": %s, %s, confidence %.2f", sp_mechanism_name(s->mechanism),
			 confidence_word(v->confidence), v->confidence);
	text_add(para, "]");
	fputs("\n  ", t->out);
	text_para(t, 2, para);
}

static void put_spike(const struct text *t, uint32_t i)
{
	const struct sp_verdict *v = &t->r->verdicts[i];
	const struct sp_stall *s = evidence_lead(t->r, v);
	char sentence[EVIDENCE_TEXT_LEN];

	put_spike_head(t, i, s);
	fprintf(t->out, "%*s", INDENT, "");
	text_para(t, INDENT, evidence_verdict(t->r, &t->r->spikes[i], v, sentence));
	if (v->kind == SP_VERDICT_STALL && s) {
		put_names(t, s);
		put_evidence(t, s);
	}
}

static uint64_t spike_key(const struct sp_report *r, uint32_t i)
{
	uint64_t latency = r->spikes[i].latency_ns;

	return latency != SP_UNKNOWN_NS ? latency : r->verdicts[i].explained_ns;
}

static int by_index(const void *pa, const void *pb)
{
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

	return a < b ? -1 : a > b;
}

/* A spike file may hold thousands: the worst are shown, in the order of time. */
int text_spikes(const struct text *t, struct sp_err *err)
{
	uint32_t n = t->r->nspikes, limit = t->opts->top > n / 2 ? n : t->opts->top * 2;
	sp_auto_free uint32_t *worst = NULL;
	int rc;

	if (!n)
		return SP_OK;
	rc = worst_pick(t->r, n, limit, spike_key, &worst, err);
	if (rc)
		return rc;
	qsort(worst, limit, sizeof(*worst), by_index);
	text_heading(t, limit < n ? "The worst spikes" : "Spikes");
	for (uint32_t i = 0; i < limit; i++)
		put_spike(t, worst[i]);
	if (limit < n)
		fprintf(t->out, "\n  %s and %" PRIu32 " more: --top, or --json for all of them\n",
			t->dots, n - limit);
	return SP_OK;
}

static void put_stall(const struct text *t, const struct sp_stall *s)
{
	char para[TEXT_PARA_LEN] = "", who[EVIDENCE_TEXT_LEN], a[UNITS_LEN], b[UNITS_LEN];

	fprintf(t->out, "\n  %s  CPU %" PRIu32 "  %s  [%s, %s, confidence %.2f]\n%*s",
		units_time(a, t->r->wall(t->r, s->begin_ns), 3), s->cpu,
		units_duration(b, s->end_ns - s->begin_ns), sp_mechanism_name(s->mechanism),
		confidence_word(s->confidence), s->confidence, INDENT, "");
	text_add(para, "%s: %s", evidence_mechanism(s->mechanism),
		 evidence_culprit(t->r, s, &t->r->names[s - t->r->stalls], who));
	text_para(t, INDENT, para);
	put_names(t, s);
	put_evidence(t, s);
}

static uint64_t stall_key(const struct sp_report *r, uint32_t i)
{
	return r->stalls[i].end_ns - r->stalls[i].begin_ns;
}

int text_stalls(const struct text *t, struct sp_err *err)
{
	uint32_t n = t->r->nstalls, limit = t->opts->top < n ? t->opts->top : n;
	sp_auto_free uint32_t *worst = NULL;
	int rc;

	if (t->r->spikes_given || !n)
		return SP_OK;
	rc = worst_pick(t->r, n, limit, stall_key, &worst, err);
	if (rc)
		return rc;
	text_heading(t, "Stalls, longest first");
	for (uint32_t i = 0; i < limit; i++)
		put_stall(t, &t->r->stalls[worst[i]]);
	if (limit < n)
		fprintf(t->out, "\n  %s and %" PRIu32 " more: --top, or --json for all of them\n",
			t->dots, n - limit);
	return SP_OK;
}
