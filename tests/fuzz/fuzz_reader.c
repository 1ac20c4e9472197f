/*
 * Any bytes as a recording: container, compressed records, sections, decoder, formats, facts,
 * order.
 *
 * Must hold: every record is at least a header long and lies where the reader says; every event has
 * a CPU that exists or none; at the end as many events left the order stage as entered it.
 */
#include "decode.h"
#include "must.h"
#include "order.h"
#include "reader.h"

#include <sirqprof/limits.h>
#include <stddef.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
	struct order *order;
	uint64_t in, out;
};

static int leave(void *self, const struct sp_event *e, struct sp_err *err)
{
	struct run *run = self;

	(void)err;
	MUST(e->cpu == SP_NO_CPU || e->cpu < SP_MAX_CPUS);
	run->out += e->type != SP_EV_ROUND;
	return 0;
}

static int enter(void *self, const struct sp_event *e, struct sp_err *err)
{
	struct run *run = self;

	run->in += e->type != SP_EV_ROUND;
	return order_put(run->order, e, err);
}

static int decode_all(struct reader *r, struct decode *d, struct sp_err *err)
{
	struct sp_record rec;
	int rc;

	while ((rc = reader_next(r, &rec, err)) == SP_OK) {
		MUST(rec.size >= 8 && rec.data);
		rc = decode_put(d, &rec, err);
		if (rc)
			return rc;
	}
	MUST(rc == SP_END ? err->code == SP_OK : (int)err->code == rc);
	return rc == SP_END ? SP_OK : rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sp_err err = SP_ERR_INIT;
	struct run run = { 0 };
	sp_auto(strings) strings = NULL;
	sp_auto(stacks) stacks = NULL;
	sp_auto(order) order = NULL;
	sp_auto(decode) decode = NULL;
	sp_auto(reader) reader = NULL;
	struct decode_parts parts = { .sink = { enter, &run } };

	if (reader_open_memory(&reader, data, size, &err)) {
		MUST(!reader && err.code != SP_OK);
		return 0;
	}
	if (strings_new(&strings, &err) || stacks_new(&stacks, &err) ||
	    order_new(&order, (struct sp_event_sink){ leave, &run }, &err))
		return 0;
	run.order = order;
	parts.strings = strings;
	parts.stacks = stacks;
	if (decode_new(&decode, &parts, &err) || decode_all(reader, decode, &err))
		return 0;
	MUST(order_flush(order, &err) == 0);
	MUST(run.in == run.out);
	return 0;
}
