#include "cmd.h"
#include "knames.h"
#include "live.h"
#include "nameless.h"
#include "outputs.h"
#include "pipeline.h"
#include "symbols.h"
#include "writer.h"

#include <unistd.h>

/* The records go into the analysis, and into a file if one was asked for. */
struct tee {
	struct sp_record_sink to[2];
	int n;
};

static int tee_put(void *self, const struct sp_record *r, struct sp_err *err)
{
	struct tee *t = self;
	int rc = SP_OK;

	for (int i = 0; !rc && i < t->n; i++)
		rc = t->to[i].put(t->to[i].self, r, err);
	return rc;
}

static int record_and_report(const struct options *o, struct outputs *out, struct sampler *sampler,
			     struct sp_err *err)
{
	struct symbols_cfg cfg = {
		.local = true,
		.live = true,
		.user = !o->no_user_symbols,
	};
	struct writer_cfg writer_cfg = { .path = o->output, .force = o->force };
	sp_auto(symbols) symbols = NULL;
	sp_auto(pipeline) pipeline = NULL;
	sp_auto(writer) writer = NULL;
	sp_auto(knames) knames = NULL;
	struct sp_report report;
	struct tee tee = { 0 };
	int rc = symbols_new(&symbols, &cfg, err);

	rc = rc ? rc : pipeline_new(&pipeline, o, symbols_resolver(symbols), err);
	if (!rc && o->output)
		rc = writer_new(&writer, &writer_cfg, err);
	if (!rc && writer)
		rc = knames_new(&knames, symbols_resolver(symbols), writer_sink(writer), err);
	if (rc)
		return rc;
	tee.to[tee.n++] = pipeline_sink(pipeline);
	if (writer)
		tee.to[tee.n++] = knames_sink(knames);
	pipeline_name_early(pipeline);
	rc = live_run(sampler, o, (struct sp_record_sink){ tee_put, &tee }, err);
	if (!rc && writer)
		rc = writer_close(writer, err);
	if (!rc)
		nameless_watch(pipeline, symbols);
	rc = rc ? rc : pipeline_finish(pipeline, &report, err);
	return rc ? rc : outputs_write(out, o, &report, err);
}

/* Whether every spike file can be read is known before anything is recorded; what it holds is read
 * at the end, as a prober may append to it until then. */
static int check_spikes(const struct options *o, struct sp_err *err)
{
	for (uint32_t i = 0; i < o->spikes.n; i++)
		if (strcmp(o->spikes.at[i], "-") != 0 && access(o->spikes.at[i], R_OK) != 0)
			return sp_fail_sys(
				err,
				"--spikes %s (make it before recording; it is read at the end)",
				o->spikes.at[i]);
	return SP_OK;
}

int cmd_run(const struct options *o, struct sp_err *err)
{
	struct sampler *sampler = NULL;
	struct outputs out;
	int rc = outputs_open(&out, o, err);

	rc = rc ? rc : check_spikes(o, err);
	rc = rc ? rc : live_open(&sampler, o, err);
	rc = rc ? rc : record_and_report(o, &out, sampler, err);
	/* The report is out: closing tracepoint events may take the kernel a second. */
	outputs_close(&out);
	sampler_free(sampler);
	return rc;
}
