#include "object.h"

#include "evidence_text.h"
#include "quality_text.h"
#include "units.h"
#include "verdict_text.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>

/* Text of others is not always UTF-8; JSON is. A byte that is none becomes U+FFFD. */
static json_t *text(const char *s)
{
	static const char replacement[] = { '\xef', '\xbf', '\xbd' };
	char fixed[SP_MAX_STRING * 3];
	size_t len = 0;

	if (!s)
		return json_null();
	while (*s && len < sizeof(fixed) - 4) {
		size_t n = units_utf8(s);

		if (n) {
			memcpy(fixed + len, s, n);
			len += n;
			s += n;
		} else {
			memcpy(fixed + len, replacement, sizeof(replacement));
			len += sizeof(replacement);
			s++;
		}
	}
	return json_stringn(fixed, len);
}

static json_t *number(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static json_t *ns(uint64_t v)
{
	return v == SP_UNKNOWN_NS || v > INT64_MAX ? json_null() : json_integer((json_int_t)v);
}

static json_t *id(int32_t v)
{
	return v < 0 ? json_null() : json_integer(v);
}

static json_t *wall(int64_t real_ns)
{
	char a[UNITS_LEN];

	return real_ns == INT64_MIN ? json_null() : json_string(units_time(a, real_ns, 9));
}

static json_t *relative(const struct sp_report *r, uint64_t mono_ns)
{
	return json_integer((json_int_t)(mono_ns - r->capture.begin_mono_ns));
}

static json_t *pair(const struct sp_report *r, uint64_t a, uint64_t b)
{
	return json_pack("[o,o]", relative(r, a), relative(r, b));
}

static json_t *words(const char *const *at, uint32_t n)
{
	json_t *a = json_array();

	for (uint32_t i = 0; i < n; i++)
		json_array_append_new(a, text(at[i]));
	return a;
}

static json_t *mechanisms(uint32_t mask)
{
	json_t *a = json_array();

	for (uint32_t m = SP_MECH_IRQS_OFF; m < SP_NR_MECHS; m++)
		if (mask >> m & 1)
			json_array_append_new(a, json_string(sp_mechanism_name(m)));
	return a;
}

static json_t *vectors(uint32_t mask)
{
	json_t *a = json_array();

	for (uint32_t v = 0; v < SP_NR_VECS; v++)
		if (mask >> v & 1)
			json_array_append_new(a, json_string(sp_vec_name(v)));
	return a;
}

static const char *nmi_name(uint8_t nmi)
{
	return nmi == SP_YES ? "yes" : nmi == SP_NO ? "no" : "unknown";
}

json_t *object_capture(const struct sp_report *r)
{
	const struct sp_capture *c = &r->capture;
	json_t *cpus = json_array();
	char mono[32];

	for (uint32_t i = 0; i < c->ncpus; i++)
		json_array_append_new(cpus,
				      json_pack("{s:i,s:I,s:o,s:o}", "cpu", (int)c->cpus[i].cpu,
						"lost", (json_int_t)c->cpus[i].lost, "throttled",
						ns(c->cpus[i].throttled_ns), "covered_ns",
						ns(c->cpus[i].covered_ns)));
	snprintf(mono, sizeof(mono), "%" PRIu64, c->begin_mono_ns);
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:s,s:o,s:o,s:o,s:{s:o,s:o,s:s},s:o}", "id",
			 text(c->id), "version", text(c->version), "host", text(c->host), "kernel",
			 text(c->kernel), "boot_id", text(c->boot_id), "begin",
			 wall(c->begin_real_ns), "end", wall(c->end_real_ns), "begin_mono", mono,
			 "duration_ns", ns(c->end_mono_ns - c->begin_mono_ns), "min_stall_ns",
			 ns(c->min_stall_ns), "cpus", cpus, "sampler", "event",
			 text(c->sampler_event), "period_ns",
			 c->period_ns ? ns(c->period_ns) : json_null(), "nmi", nmi_name(c->nmi),
			 "self_cpu_pct", number(c->self_cpu_pct));
}

json_t *object_summary(const struct sp_report *r)
{
	json_t *kinds = json_object(), *mechs = json_object();
	uint32_t explained = 0, by_kind[SP_NR_VERDICTS] = { 0 }, by_mech[SP_NR_MECHS] = { 0 };
	uint64_t worst = 0;

	for (uint32_t i = 0; i < r->nspikes; i++) {
		explained += r->verdicts[i].explained;
		by_kind[r->verdicts[i].kind < SP_NR_VERDICTS ? r->verdicts[i].kind : 0]++;
	}
	for (uint32_t i = 0; i < r->nstalls; i++) {
		uint64_t length = r->stalls[i].end_ns - r->stalls[i].begin_ns;

		worst = length > worst ? length : worst;
		by_mech[r->stalls[i].mechanism < SP_NR_MECHS ? r->stalls[i].mechanism : 0]++;
	}
	for (uint32_t k = 0; k < SP_NR_VERDICTS; k++)
		json_object_set_new(kinds, sp_verdict_name(k), json_integer(by_kind[k]));
	for (uint32_t m = SP_MECH_IRQS_OFF; m < SP_NR_MECHS; m++)
		json_object_set_new(mechs, sp_mechanism_name(m), json_integer(by_mech[m]));
	return json_pack("{s:I,s:I,s:o,s:o,s:I,s:o}", "spikes", (json_int_t)r->nspikes, "explained",
			 (json_int_t)explained, "by_kind", kinds, "by_mechanism", mechs, "stalls",
			 (json_int_t)r->nstalls, "worst_stall_ns",
			 r->nstalls ? ns(worst) : json_null());
}

json_t *object_clock(const struct sp_report *r)
{
	static const char *const methods[] = { "none", "given", "auto" };
	const struct sp_clock_report *c = &r->clock;

	return json_pack("{s:I,s:s,s:o,s:o,s:o}", "spike_offset_ns", (json_int_t)c->spike_offset_ns,
			 "method", methods[c->method <= SP_OFFSET_AUTO ? c->method : 0], "score",
			 number(c->score), "runner_up", number(c->runner_up), "drift_ppm",
			 number(c->drift_ppm));
}

static json_t *verdict(const struct sp_report *r, uint32_t i)
{
	const struct sp_verdict *v = &r->verdicts[i];
	const struct sp_stall *s = evidence_lead(r, v);
	const struct sp_stall_names *n = s ? &r->names[s - r->stalls] : NULL;
	bool named = n && v->kind == SP_VERDICT_STALL;
	char sentence[EVIDENCE_TEXT_LEN];
	json_t *stalls = json_array();

	for (uint32_t k = 0; k < v->nstalls; k++)
		json_array_append_new(stalls,
				      json_pack("{s:I,s:o}", "id", (json_int_t)v->stalls[k].stall,
						"overlap_ns", ns(v->stalls[k].overlap_ns)));
	return json_pack("{s:s,s:b,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "kind",
			 sp_verdict_name(v->kind), "explained", (int)v->explained, "explained_ns",
			 ns(v->explained_ns), "chance", number(v->chance), "confidence",
			 number(v->confidence), "stalls", stalls, "mechanism",
			 named ? json_string(sp_mechanism_name(s->mechanism)) : json_null(),
			 "entry", named ? text(n->entry) : json_null(), "caller",
			 named ? text(n->caller) : json_null(), "comm",
			 named ? text(n->comm) : json_null(), "container",
			 named ? text(n->container) : json_null(), "text",
			 text(verdict_sentence(r, &r->spikes[i], v, sentence)));
}

json_t *object_spike(const struct sp_report *r, uint32_t i)
{
	const struct sp_spike *k = &r->spikes[i];

	return json_pack(
		"{s:I,s:o,s:I,s:o,s:o,s:I,s:o,s:o,s:{s:o,s:o,s:o},s:o}", "id", (json_int_t)k->id,
		"source", text(k->source), "line", (json_int_t)k->line, "time", wall(k->time_ns),
		"latency_ns", ns(k->latency_ns), "count", (json_int_t)k->count, "cpu",
		k->cpu == SP_NO_CPU ? json_null() : json_integer(k->cpu), "label", text(k->label),
		"window", "begin_ns", relative(r, k->begin_ns), "end_ns", relative(r, k->end_ns),
		"uncertainty_ns", ns(k->uncertainty_ns), "verdict", verdict(r, i));
}

static json_t *task(const struct sp_stall *s, const struct sp_stall_names *n)
{
	if (!n->comm && s->tid < 0)
		return json_null();
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "comm", text(n->comm), "pid",
			 id(n->pid), "tid", id(n->tid), "parents", words(n->parents, n->nparents),
			 "cgroup", text(n->cgroup), "container", text(n->container), "pod",
			 text(n->pod), "pod_name", text(n->pod_name), "unit", text(n->unit));
}

static json_t *evidence(const struct sp_report *r, const struct sp_stall *s)
{
	json_t *a = json_array();
	char sentence[EVIDENCE_TEXT_LEN];

	for (uint32_t i = 0; i < s->nevidence; i++) {
		const struct sp_evidence *e = &s->evidence[i];

		json_array_append_new(a, json_pack("{s:s,s:o,s:o}", "kind", evidence_name(e->kind),
						   "text", text(evidence_sentence(r, e, sentence)),
						   "at_ns", relative(r, e->at_ns)));
	}
	return a;
}

json_t *object_stall(const struct sp_report *r, uint32_t i)
{
	const struct sp_stall *s = &r->stalls[i];
	const struct sp_stall_names *n = &r->names[i];
	json_t *v = json_pack("{s:I,s:I,s:o,s:o,s:o,s:o,s:o,s:o}", "id", (json_int_t)s->id, "cpu",
			      (json_int_t)s->cpu, "begin", wall(r->wall(r, s->begin_ns)),
			      "begin_ns", relative(r, s->begin_ns), "end_ns",
			      relative(r, s->end_ns), "duration_ns", ns(s->end_ns - s->begin_ns),
			      "begin_bounds_ns", pair(r, s->begin_lo_ns, s->begin_hi_ns),
			      "end_bounds_ns", pair(r, s->end_lo_ns, s->end_hi_ns));

	if (!v)
		return NULL;
	json_object_set_new(v, "mechanism", json_string(sp_mechanism_name(s->mechanism)));
	json_object_set_new(v, "confidence", number(s->confidence));
	json_object_set_new(v, "vectors", vectors(s->vectors));
	json_object_set_new(v, "entry", text(n->entry));
	json_object_set_new(v, "caller", text(n->caller));
	json_object_set_new(v, "chain", words(n->chain, n->nchain));
	json_object_set_new(v, "task", task(s, n));
	json_object_set_new(v, "syscall", text(n->syscall));
	json_object_set_new(v, "file", text(n->file));
	json_object_set_new(v, "evidence", evidence(r, s));
	return v;
}

json_t *object_caller(const struct sp_report *r, uint32_t i)
{
	const struct sp_caller *c = &r->callers[i];
	json_t *tasks = json_array();

	for (uint32_t k = 0; k < c->ntasks; k++) {
		const struct sp_caller_task *t = &c->tasks[k];

		json_array_append_new(tasks,
				      json_pack("{s:o,s:o,s:o,s:o,s:o,s:o}", "comm", text(t->comm),
						"pid", id(t->pid), "starved_ns", ns(t->starved_ns),
						"container", text(t->container), "syscall",
						text(t->syscall), "file", text(t->file)));
	}
	return json_pack("{s:I,s:o,s:o,s:o,s:o,s:o,s:o,s:I,s:o,s:o,s:o}", "rank",
			 (json_int_t)c->rank, "entry", text(c->entry), "caller", text(c->caller),
			 "mechanisms", mechanisms(c->mechanisms), "explained_ns",
			 ns(c->explained_ns), "starved_ns", ns(c->starved_ns), "share",
			 number(c->share), "spikes", (json_int_t)c->spikes, "lift", number(c->lift),
			 "chance", number(c->chance), "tasks", tasks);
}

json_t *object_quality(const struct sp_report *r, uint32_t i)
{
	const struct sp_quality_row *q = &r->quality[i];
	const char *remedy = quality_remedy(q->code);
	char sentence[QUALITY_TEXT_LEN];

	return json_pack("{s:s,s:s,s:o,s:o}", "code", quality_code_name(q->code), "severity",
			 quality_severity_name(q->severity), "text",
			 text(quality_sentence(q, sentence)), "remedy",
			 remedy[0] ? text(remedy) : json_null());
}

/* The keys that every line has, in front. */
static json_t *line(const struct sp_report *r, const char *type, json_t *time)
{
	return json_pack("{s:s,s:o,s:o,s:o}", "type", type, "host", text(r->capture.host),
			 "capture_id", text(r->capture.id), "time", time);
}

json_t *object_flat_capture(const struct sp_report *r)
{
	const struct sp_capture *c = &r->capture;
	json_t *v = line(r, "capture", wall(c->begin_real_ns));

	json_object_set_new(v, "kernel", text(c->kernel));
	json_object_set_new(v, "boot_id", text(c->boot_id));
	json_object_set_new(v, "version", text(c->version));
	json_object_set_new(v, "duration_ns", ns(c->end_mono_ns - c->begin_mono_ns));
	json_object_set_new(v, "cpus", json_integer(c->ncpus));
	json_object_set_new(v, "spikes", json_integer(r->nspikes));
	json_object_set_new(v, "stalls", json_integer(r->nstalls));
	json_object_set_new(v, "event", text(c->sampler_event));
	json_object_set_new(v, "self_cpu_pct", number(c->self_cpu_pct));
	return v;
}

json_t *object_flat_spike(const struct sp_report *r, uint32_t i)
{
	const struct sp_spike *k = &r->spikes[i];
	json_t *v = line(r, "spike", wall(k->time_ns)), *of = verdict(r, i);
	static const char *const keys[] = { "kind",	  "explained", "explained_ns", "chance",
					    "confidence", "mechanism", "entry",	       "caller",
					    "comm",	  "container", "text" };

	json_object_set_new(v, "id", json_integer(k->id));
	json_object_set_new(v, "latency_ns", ns(k->latency_ns));
	json_object_set_new(v, "count", json_integer(k->count));
	json_object_set_new(v, "cpu", k->cpu == SP_NO_CPU ? json_null() : json_integer(k->cpu));
	json_object_set_new(v, "label", text(k->label));
	for (size_t n = 0; n < sizeof(keys) / sizeof(keys[0]); n++)
		json_object_set(v, keys[n], json_object_get(of, keys[n]));
	json_object_set_new(v, "stall",
			    r->verdicts[i].nstalls ? json_integer(r->verdicts[i].stalls[0].stall)
						   : json_null());
	json_decref(of);
	return v;
}

json_t *object_flat_stall(const struct sp_report *r, uint32_t i)
{
	const struct sp_stall *s = &r->stalls[i];
	const struct sp_stall_names *n = &r->names[i];
	json_t *v = line(r, "stall", wall(r->wall(r, s->begin_ns)));

	json_object_set_new(v, "id", json_integer(s->id));
	json_object_set_new(v, "cpu", json_integer(s->cpu));
	json_object_set_new(v, "duration_ns", ns(s->end_ns - s->begin_ns));
	json_object_set_new(v, "mechanism", json_string(sp_mechanism_name(s->mechanism)));
	json_object_set_new(v, "confidence", number(s->confidence));
	json_object_set_new(v, "entry", text(n->entry));
	json_object_set_new(v, "caller", text(n->caller));
	json_object_set_new(v, "comm", text(n->comm));
	json_object_set_new(v, "pid", id(n->pid));
	json_object_set_new(v, "container", text(n->container));
	json_object_set_new(v, "pod", text(n->pod));
	json_object_set_new(v, "syscall", text(n->syscall));
	json_object_set_new(v, "file", text(n->file));
	return v;
}

json_t *object_flat_caller(const struct sp_report *r, uint32_t i)
{
	const struct sp_caller *c = &r->callers[i];
	json_t *v = line(r, "caller", wall(r->capture.begin_real_ns)), *of = object_caller(r, i);
	static const char *const keys[] = { "rank",	    "entry",	  "caller", "mechanisms",
					    "explained_ns", "starved_ns", "share",  "spikes",
					    "lift",	    "chance" };

	for (size_t n = 0; n < sizeof(keys) / sizeof(keys[0]); n++)
		json_object_set(v, keys[n], json_object_get(of, keys[n]));
	json_object_set_new(v, "comm", c->ntasks ? text(c->tasks[0].comm) : json_null());
	json_decref(of);
	return v;
}

json_t *object_flat_quality(const struct sp_report *r, uint32_t i)
{
	json_t *v = line(r, "quality", wall(r->capture.begin_real_ns)), *of = object_quality(r, i);

	json_object_update(v, of);
	json_decref(of);
	return v;
}

int object_write(FILE *out, json_t *v, struct sp_err *err)
{
	int bad;

	if (!v)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the JSON report");
	bad = json_dumpf(v, out,
			 JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_ENCODE_ANY |
				 JSON_REAL_PRECISION(9));
	json_decref(v);
	/* What the file refuses is found, and named, by render_close(). */
	return bad && !ferror(out) ? sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for JSON")
				   : SP_OK;
}
