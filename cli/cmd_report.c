#include "cmd.h"
#include "inputs.h"
#include "nameless.h"
#include "outputs.h"
#include "pipeline.h"
#include "reader.h"
#include "symbols.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#define DEFAULT_INPUT "sirq.data"
#define BOOT_CHECKS   200

static void own_boot_id(char *ret, size_t size)
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	ret[0] = 0;
	if (f && !fgets(ret, (int)size, f))
		ret[0] = 0;
	if (f)
		fclose(f);
	ret[strcspn(ret, "\n")] = 0;
}

static int note_damage(struct pipeline *p, const struct reader *r, struct sp_err *err)
{
	struct reader_damage rows[8];
	uint32_t n = reader_damage(r, rows, 8);
	int rc = SP_OK;

	for (uint32_t i = 0; !rc && i < n; i++)
		rc = pipeline_quality(p, rows[i].code, SP_NO_CPU, rows[i].count, NULL, err);
	return rc;
}

/* This kernel's addresses mean nothing in another boot's recording. A recording of perf does not
 * tell its boot: then the same host and kernel must do. */
static void check_boot(struct symbols *s, struct pipeline *p, const char *own)
{
	const char *boot_id = pipeline_boot_id(p);
	struct utsname u;

	if (boot_id[0])
		symbols_set_local(s, strcmp(boot_id, own) == 0);
	else
		symbols_set_local(s, !uname(&u) && pipeline_is_kernel(p, u.nodename, u.release));
}

static int read_all(struct reader *r, struct pipeline *p, struct symbols *s, struct sp_err *err)
{
	struct sp_record_sink sink = pipeline_sink(p);
	struct sp_record record;
	char own[64];
	uint32_t checks = 0;
	int64_t made_ns, written_ns;
	int rc;

	own_boot_id(own, sizeof(own));
	while (!(rc = reader_next(r, &record, err)) && !(rc = sink.put(sink.self, &record, err)))
		/* Header and facts come first; after that the answer stands. */
		if (checks < BOOT_CHECKS) {
			checks++;
			check_boot(s, p, own);
		}
	reader_times(r, &made_ns, &written_ns);
	pipeline_file_times(p, made_ns, written_ns);
	return rc == SP_END ? SP_OK : rc;
}

static int run(const struct options *o, struct outputs *out, struct sp_err *err)
{
	struct symbols_cfg cfg = {
		.local = true,
		.user = !o->no_user_symbols,
		.inlines = o->inlines,
		.lines = o->lines,
		.vmlinux = o->vmlinux,
	};
	sp_auto(symbols) symbols = NULL;
	sp_auto(pipeline) pipeline = NULL;
	sp_auto(reader) reader = NULL;
	struct sp_report report;
	int rc = reader_open(&reader, o->input ? o->input : DEFAULT_INPUT, err);

	rc = rc ? rc : symbols_new(&symbols, &cfg, err);
	rc = rc ? rc : pipeline_new(&pipeline, o, symbols_resolver(symbols), err);
	rc = rc ? rc : read_all(reader, pipeline, symbols, err);
	rc = rc ? rc : note_damage(pipeline, reader, err);
	if (!rc)
		nameless_watch(pipeline, symbols);
	rc = rc ? rc : pipeline_finish(pipeline, &report, err);
	return rc ? rc : outputs_write(out, o, &report, err);
}

int cmd_report(const struct options *o, struct sp_err *err)
{
	struct outputs out;
	int rc = outputs_open(&out, o, err);

	rc = rc ? rc : inputs_check(o, false, err);
	rc = rc ? rc : run(o, &out, err);
	outputs_close(&out);
	return rc;
}
