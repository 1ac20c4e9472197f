#include "evidence_text.h"
#include "text.h"
#include "units.h"
#include "verdict_text.h"
#include "worst.h"

#include <sirqprof/own.h>

#include <inttypes.h>
#include <string.h>

/*
 * What was late: spikes with their verdicts, or the stalls by themselves.
 */

/* Evidence rows shown of a stall; JSON has all of them. */
#define EVIDENCE_ROWS 4

/* Parents shown of a task. */
#define PARENTS 3

#define INDENT 4

static const char *confidence_word(double confidence)
{
	return confidence >= 0.9 ? "sure" : confidence >= 0.7 ? "likely" : "weak";
}

/* The nearest parents, outermost first; a shell that forked for each line is one. */
static void add_parents(const struct text *t, const struct sp_stall_names *n,
			char para[TEXT_PARA_LEN])
{
	const char *shown[PARENTS];
	uint32_t k = 0, i = 0;

	for (; i < n->nparents && k < PARENTS; i++)
		if (!k || strcmp(n->parents[i], shown[k - 1]) != 0)
			shown[k++] = n->parents[i];
	while (i < n->nparents && strcmp(n->parents[i], shown[k - 1]) == 0)
		i++;
	if (!k)
		return;
	text_add(para, "; started by ");
	if (i < n->nparents)
		text_add(para, "%s %s ", t->dots, t->arrow);
	while (--k)
		text_add(para, "%s %s ", shown[k], t->arrow);
	text_add(para, "%s", shown[0]);
}

static void put_names(const struct text *t, const struct sp_stall *s, bool again)
{
	const struct sp_stall_names *n = &t->r->names[s - t->r->stalls];
	char para[TEXT_PARA_LEN] = "in ", function[TEXT_PARA_LEN];

	if (!n->entry && !n->caller)
		return;
	text_add(para, "%s", text_function(t, n->entry, n->caller, function));
	if (again)
		text_add(para, ", as above");
	else
		add_parents(t, n, para);
	fprintf(t->out, "%*s", INDENT, "");
	text_para(t, INDENT, para);
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* The same story as the one told before: it need not be told whole again. */
static bool is_again(const struct text *t, const struct sp_stall *a, const struct sp_stall *b)
{
	const struct sp_stall_names *x, *y;

	if (!a || !b || a->mechanism != b->mechanism || a->cpu != b->cpu)
		return false;
	x = &t->r->names[a - t->r->stalls];
	y = &t->r->names[b - t->r->stalls];
	return (x->entry || x->caller) && same(x->entry, y->entry) && same(x->caller, y->caller) &&
	       same(x->comm, y->comm) && same(x->file, y->file) && same(x->container, y->container);
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

/* *told is the stall that was told last. */
static void put_spike(const struct text *t, uint32_t i, const struct sp_stall **told)
{
	const struct sp_verdict *v = &t->r->verdicts[i];
	const struct sp_stall *s = evidence_lead(t->r, v);
	char sentence[EVIDENCE_TEXT_LEN];
	bool again = is_again(t, s, *told);

	put_spike_head(t, i, s);
	fprintf(t->out, "%*s", INDENT, "");
	text_para(t, INDENT, verdict_sentence(t->r, &t->r->spikes[i], v, sentence));
	if (v->kind != SP_VERDICT_STALL || !s)
		return;
	put_names(t, s, again);
	if (!again)
		put_evidence(t, s);
	*told = s;
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
	const struct sp_stall *told = NULL;
	int rc;

	if (!n)
		return SP_OK;
	rc = worst_pick(t->r, n, limit, spike_key, &worst, err);
	if (rc)
		return rc;
	qsort(worst, limit, sizeof(*worst), by_index);
	text_heading(t, limit < n ? "The worst spikes" : "Spikes");
	for (uint32_t i = 0; i < limit; i++)
		put_spike(t, worst[i], &told);
	if (limit < n)
		fprintf(t->out, "\n  %s and %" PRIu32 " more: --top, or --json for all of them\n",
			t->dots, n - limit);
	return SP_OK;
}

static void put_stall(const struct text *t, const struct sp_stall *s, bool again)
{
	char para[TEXT_PARA_LEN] = "", who[EVIDENCE_TEXT_LEN], a[UNITS_LEN], b[UNITS_LEN];

	fprintf(t->out, "\n  %s  CPU %" PRIu32 "  %s  [%s, %s, confidence %.2f]\n%*s",
		units_time(a, t->r->wall(t->r, s->begin_ns), 3), s->cpu,
		units_duration(b, s->end_ns - s->begin_ns), sp_mechanism_name(s->mechanism),
		confidence_word(s->confidence), s->confidence, INDENT, "");
	text_add(para, "%s: %s", evidence_mechanism(s->mechanism),
		 evidence_culprit(t->r, s, &t->r->names[s - t->r->stalls], who));
	text_para(t, INDENT, para);
	put_names(t, s, again);
	if (!again)
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
		put_stall(t, &t->r->stalls[worst[i]],
			  i && is_again(t, &t->r->stalls[worst[i]], &t->r->stalls[worst[i - 1]]));
	if (limit < n)
		fprintf(t->out, "\n  %s and %" PRIu32 " more: --top, or --json for all of them\n",
			t->dots, n - limit);
	return SP_OK;
}
