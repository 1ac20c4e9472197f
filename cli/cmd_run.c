#include "cmd.h"
#include "inputs.h"
#include "knames.h"
#include "live.h"
#include "nameless.h"
#include "outputs.h"
#include "pipeline.h"
#include "stop.h"
#include "symbols.h"
#include "writer.h"

/* The records go into the analysis, and into a file if one was asked for. A file that cannot be
 * written any longer (a full disk) must not cost the report. */
struct tee {
	struct sp_record_sink analysis, file;
	bool has_file;
	struct sp_err file_err; /* why the file was given up */
};

static int tee_put(void *self, const struct sp_record *r, struct sp_err *err)
{
	struct tee *t = self;

	if (t->has_file && t->file.put(t->file.self, r, &t->file_err) < 0)
		t->has_file = false;
	return t->analysis.put(t->analysis.self, r, err);
}

/* What went wrong beside the report itself: said last, so that the report is out first. */
static int late_error(const struct sp_err *why, int rc, struct sp_err *err)
{
	if (rc || why->code == SP_OK)
		return rc;
	*err = *why;
	return why->code;
}

/* A recording that ended by a failure is reported as far as it went, and says so also where the
 * exit status is not seen. */
static int note_failure(struct pipeline *p, const struct sp_err *why, struct sp_err *err)
{
	char text[240];

	snprintf(text, sizeof(text), "the recording ended by a failure: %.180s", why->text);
	return pipeline_quality(p, SP_Q_PRIVATE, SP_NO_CPU, 0, text, err);
}

static int record_and_report(const struct options *o, struct outputs *out, struct sampler *sampler,
			     struct sp_err *err)
{
	struct symbols_cfg cfg = {
		.local = true,
		.live = true,
		.user = !o->no_user_symbols,
		.inlines = o->inlines,
		.lines = o->lines,
		.vmlinux = o->vmlinux,
	};
	struct writer_cfg writer_cfg = { .path = o->output, .force = o->force };
	sp_auto(symbols) symbols = NULL;
	sp_auto(pipeline) pipeline = NULL;
	sp_auto(writer) writer = NULL;
	sp_auto(knames) knames = NULL;
	struct sp_report report;
	struct tee tee = { .file_err = SP_ERR_INIT };
	struct sp_err live_err = SP_ERR_INIT;
	struct live_end end = { 0 };
	int rc = symbols_new(&symbols, &cfg, err);

	rc = rc ? rc : pipeline_new(&pipeline, o, symbols_resolver(symbols), err);
	rc = rc ? rc : pipeline_check(pipeline, err);
	if (!rc && o->output)
		rc = writer_new(&writer, &writer_cfg, err);
	if (!rc && writer)
		rc = knames_new(&knames, symbols_resolver(symbols), writer_sink(writer), err);
	if (rc)
		return rc;
	pipeline_keep_capture(pipeline);
	tee.analysis = pipeline_sink(pipeline);
	tee.has_file = writer != NULL;
	if (writer)
		tee.file = knames_sink(knames);
	pipeline_name_early(pipeline);
	rc = live_run(sampler, o, (struct sp_record_sink){ tee_put, &tee },
		      (struct live_beside){ pipeline_follow, pipeline }, &end, &live_err);
	if (rc)
		writer_close_failed(writer);
	else if (tee.has_file)
		writer_close(writer, &tee.file_err);
	if (rc)
		rc = end.kept ? note_failure(pipeline, &live_err, err)
			      : late_error(&live_err, SP_OK, err);
	if (!rc)
		nameless_watch(pipeline, symbols);
	rc = rc ? rc : pipeline_finish(pipeline, &report, err);
	rc = rc ? rc : outputs_write(out, o, &report, err);
	rc = late_error(&live_err, rc, err);
	rc = late_error(&tee.file_err, rc, err);
	rc = late_error(pipeline_spikes_error(pipeline), rc, err);
	return rc ? rc : live_command(o, end.status, err);
}

int cmd_run(const struct options *o, struct sp_err *err)
{
	struct sampler *sampler = NULL;
	struct outputs out = { 0 };
	/* First of all: from here on Ctrl-C asks for the report, whenever it comes. */
	int rc = stop_install(err);

	rc = rc ? rc : outputs_open(&out, o, err);
	rc = rc ? rc : inputs_check(o, true, err);
	rc = rc ? rc : live_open(&sampler, o, err);
	rc = rc ? rc : record_and_report(o, &out, sampler, err);
	/* The report is out: closing tracepoint events may take the kernel a second. */
	outputs_close(&out);
	sampler_free(sampler);
	return rc;
}
