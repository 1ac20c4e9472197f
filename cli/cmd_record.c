#include "cmd.h"
#include "knames.h"
#include "live.h"
#include "stop.h"
#include "symbols.h"
#include "writer.h"

#include <inttypes.h>
#include <stdio.h>

#define DEFAULT_OUTPUT "sirq.data"

/* "4414 kB in sirq.data"; of a recording that keeps its newest part only, what is there. */
static void say(const struct writer *w, const char *path)
{
	uint32_t parts;
	uint64_t kept = writer_kept(w, &parts);

	fprintf(stderr, "sirqprof record: %" PRIu64 " kB in %s", kept >> 10, path);
	if (parts > 1)
		fprintf(stderr, " and %s.1", path);
	if (parts > 2)
		fprintf(stderr, " to %s.%" PRIu32, path, parts - 1);
	if (kept < writer_bytes(w))
		fprintf(stderr, ", the newest of %" PRIu64 " kB", writer_bytes(w) >> 10);
	fputc('\n', stderr);
}

int cmd_record(const struct options *o, struct sp_err *err)
{
	struct writer_cfg writer_cfg = {
		.path = o->output ? o->output : DEFAULT_OUTPUT,
		.force = o->force,
		.max_bytes = o->max_size_bytes,
		.max_age_ns = o->max_age_ns,
	};
	struct symbols_cfg symbols_cfg = { .local = true, .live = true };
	sp_auto(symbols) symbols = NULL;
	sp_auto(writer) writer = NULL;
	sp_auto(knames) knames = NULL;
	sp_auto(sampler) sampler = NULL;
	struct live_end end = { 0 };
	int rc = stop_install(err);

	rc = rc ? rc : live_open(&sampler, o, err);
	rc = rc ? rc : writer_new(&writer, &writer_cfg, err);
	rc = rc ? rc : symbols_new(&symbols, &symbols_cfg, err);
	rc = rc ? rc : knames_new(&knames, symbols_resolver(symbols), writer_sink(writer), err);
	rc = rc ? rc
		: live_run(sampler, o, knames_sink(knames), (struct live_beside){ 0 }, &end, err);
	if (rc)
		writer_close_failed(writer);
	rc = rc ? rc : writer_close(writer, err);
	if (!rc)
		say(writer, writer_cfg.path);
	return rc ? rc : live_command(o, end.status, err);
}
