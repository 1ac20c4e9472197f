#include "text.h"

#include "evidence_text.h"
#include "quality_text.h"
#include "units.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>

/*
 * For a person with three minutes and an outage: first the culprit, then each spike, then the
 * ranking, what was noticed, and what to do.
 */

/* CPUs listed one by one where nothing was found. */
#define HEALTHY_CPUS 8

/* Tasks named in a row of the ranking. */
#define COMMS 3

void text_heading(const struct text *t, const char *title)
{
	fprintf(t->out, "\n%s\n", title);
}

void text_add(char para[TEXT_PARA_LEN], const char *fmt, ...)
{
	size_t len = strlen(para);
	va_list args;

	va_start(args, fmt);
	vsnprintf(para + len, TEXT_PARA_LEN - len, fmt, args);
	va_end(args);
}

/* The length of the next word; a number stays with its unit. */
static size_t word_length(const char *at)
{
	static const char *const units[] = { " ns", " us", " ms", " s", " %" };
	size_t len = strcspn(at, " ");

	if (!len || at[len - 1] < '0' || at[len - 1] > '9')
		return len;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t n = strlen(units[i]);

		if (strncmp(at + len, units[i], n) == 0 &&
		    strspn(at + len + n, " ,;:)") + !at[len + n])
			return len + n + strcspn(at + len + n, " ");
	}
	return len;
}

void text_para(const struct text *t, size_t column, const char *paragraph)
{
	char word[TEXT_PARA_LEN];
	size_t at = column;

	while (*paragraph) {
		size_t blanks = strspn(paragraph, " ");
		size_t len = word_length(paragraph + blanks), width;

		snprintf(word, sizeof(word), "%.*s", (int)len, paragraph + blanks);
		width = units_width(word);
		paragraph += blanks + len;
		if (at > column && at + blanks + width > TEXT_WIDTH) {
			fprintf(t->out, "\n%*s", (int)column, "");
			at = column;
			blanks = 0;
		}
		fprintf(t->out, "%*s", (int)blanks, "");
		units_text(t->out, word);
		at += blanks + width;
	}
	fputc('\n', t->out);
}

const char *text_function(const struct text *t, const char *entry, const char *caller,
			  char ret[TEXT_PARA_LEN])
{
	if (entry && caller && strcmp(entry, caller) != 0)
		snprintf(ret, TEXT_PARA_LEN, "%s %s %s", entry, t->arrow, caller);
	else
		snprintf(ret, TEXT_PARA_LEN, "%s", entry ? entry : caller ? caller : "[unknown]");
	return ret;
}

/* Where there is no function to name, the mechanism is what can be said: "(steal)". */
static const char *who(const struct text *t, const struct sp_caller *c, char ret[TEXT_PARA_LEN])
{
	if (c->entry || c->caller || !c->mechanisms)
		return text_function(t, c->entry, c->caller, ret);
	snprintf(ret, TEXT_PARA_LEN, "(%s)",
		 sp_mechanism_name((enum sp_mechanism)__builtin_ctz(c->mechanisms)));
	return ret;
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
	char para[TEXT_PARA_LEN] = "", function[TEXT_PARA_LEN], a[UNITS_LEN];

	if (!c || (t->r->spikes_given && !c->explained_ns))
		return;
	text_add(para, "Most of it: %s",
		 evidence_mechanism((uint8_t)(c->mechanisms ? __builtin_ctz(c->mechanisms) : 0)));
	if (c->entry || c->caller)
		text_add(para, ", in %s", text_function(t, c->entry, c->caller, function));
	if (c->ntasks) {
		const struct sp_caller_task *task = &c->tasks[0];

		text_add(para, ", called by %s", task->comm);
		if (task->pid > 0)
			text_add(para, "[%" PRId32 "]", task->pid);
		if (task->file)
			text_add(para, " on %s", task->file);
		if (task->container)
			text_add(para, " in %s", task->container);
	}
	text_add(para, ": %s of stalls", units_duration(a, c->starved_ns));
	text_para(t, 0, para);
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
	if (!r->capture.ncpus)
		fputs("No CPU was recorded: nothing can be said.\n", t->out);
	if (!r->spikes_given && r->capture.ncpus)
		fprintf(t->out, "%" PRIu32 " stall%s found.\n", r->nstalls,
			r->nstalls == 1 ? "" : "s");
	else if (r->spikes_given && !r->nspikes)
		fputs("No spike in what was given.\n", t->out);
	else if (r->spikes_given)
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

/* Readers come and go: many pids of one name are one. */
static void add_comms(const struct sp_caller *c, char para[TEXT_PARA_LEN])
{
	uint32_t names = 0;

	for (uint32_t i = 0; i < c->ntasks; i++) {
		uint32_t k = 0;

		while (k < i && strcmp(c->tasks[k].comm, c->tasks[i].comm) != 0)
			k++;
		if (k == i && ++names <= COMMS)
			text_add(para, "%s%s", names > 1 ? ", " : "  by ", c->tasks[i].comm);
	}
	if (names > COMMS)
		text_add(para, " and %" PRIu32 " more", names - COMMS);
}

static void put_caller(const struct text *t, const struct sp_caller *c)
{
	char para[TEXT_PARA_LEN] = "", function[TEXT_PARA_LEN], a[UNITS_LEN], b[UNITS_LEN];

	fprintf(t->out, "  %3" PRIu32 "  %9s %6s %6" PRIu32 "  ", c->rank,
		units_duration(a, c->starved_ns), units_percent(b, c->share), c->spikes);
	if (isnan(c->lift))
		fprintf(t->out, "%6s  ", "-");
	else
		fprintf(t->out, "%6.1f  ", c->lift);
	text_add(para, "%s", who(t, c, function));
	if (c->family)
		text_add(para, "  (%s)", c->family);
	add_comms(c, para);
	text_para(t, 40, para);
}

static void put_ranking(const struct text *t)
{
	if (!t->r->ncallers)
		return;
	text_heading(t, t->r->spikes_given
				? "Callers, by the time they took (lift: stalls in the spikes' "
				  "windows to those outside)"
				: "Callers, by the time they took");
	fputs("  rank    starved  share spikes    lift  function\n", t->out);
	for (uint32_t i = 0; i < t->r->ncallers && i < t->opts->top; i++)
		put_caller(t, &t->r->callers[i]);
}

static void put_quality(const struct text *t)
{
	if (!t->r->nquality)
		return;
	text_heading(t, "What this report cannot know");
	for (uint32_t i = 0; i < t->r->nquality; i++) {
		const struct sp_quality_row *q = &t->r->quality[i];
		char sentence[QUALITY_TEXT_LEN];

		fprintf(t->out, "  %-7s ", quality_severity_name(q->severity));
		text_para(t, 10, quality_sentence(q, sentence));
		if (!quality_remedy(q->code)[0])
			continue;
		fputs("          do: ", t->out);
		text_para(t, 14, quality_remedy(q->code));
	}
}

/* Nothing found must not read like nothing looked at. */
static void put_healthy(const struct text *t)
{
	const struct sp_capture *c = &t->r->capture;
	uint64_t whole = c->end_mono_ns - c->begin_mono_ns;
	char a[UNITS_LEN], b[UNITS_LEN], d[UNITS_LEN];

	if (t->r->nstalls)
		return;
	units_duration(a, c->min_stall_ns);
	units_duration(b, whole);
	for (uint32_t i = 0; i < c->ncpus && i < HEALTHY_CPUS; i++) {
		uint64_t seen = c->cpus[i].covered_ns < whole ? c->cpus[i].covered_ns : whole;

		units_duration(d, seen);
		fprintf(t->out, "CPU %" PRIu32 ": ", c->cpus[i].cpu);
		if (!seen)
			fprintf(t->out, "nothing of %s was observed: it may be healthy or not\n",
				b);
		else if (seen < whole / 2)
			fprintf(t->out, "only %s of %s observed: no stall of %s or more in that\n",
				d, b, a);
		else
			fprintf(t->out, "no stall of %s or more; %s of %s observed\n", a, d, b);
	}
	if (c->ncpus > HEALTHY_CPUS)
		fprintf(t->out,
			"%s nor on %" PRIu32 " more CPUs: --json has what was observed of each\n",
			t->dots, c->ncpus - HEALTHY_CPUS);
}

int text_render(FILE *out, const struct sp_report *r, const struct render_opts *opts,
		struct sp_err *err)
{
	const struct text t = { out, r, opts, opts->utf8 ? "›" : ">", opts->utf8 ? "…" : "..." };
	int rc;

	put_capture(&t);
	put_headline(&t);
	put_healthy(&t);
	rc = text_spikes(&t, err);
	rc = rc ? rc : text_stalls(&t, err);
	if (rc)
		return rc;
	put_ranking(&t);
	put_quality(&t);
	text_advice(&t);
	return SP_OK;
}
