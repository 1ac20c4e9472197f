#include "knames.h"

#include "decode.h"
#include "once.h"
#include "stacks.h"
#include "stream.h"
#include "strings.h"

#include <linux/perf_event.h>
#include <sirqprof/perfdata.h>
#include <stdlib.h>

/* Stacks are looked at once, at the next round; keeping some spares a busy CPU's usual ones the way
 * through the table. */
#define STACKS_MOST 4096U

struct knames {
	const struct sp_resolver *resolver;
	struct sp_record_sink out;
	struct strings *strings;
	struct stacks *stacks;
	struct decode *decode;
	struct stream *stream;
	struct once told;     /* addresses: those of a live kernel are far fewer than it holds */
	uint32_t stacks_told; /* ids up to this are done */
};

static int tell(struct knames *k, uint64_t addr, struct sp_err *err)
{
	struct sp_frame frame;

	if (!addr || !once_met(&k->told, addr))
		return SP_OK;
	if (k->told.n == ONCE_MOST)
		once_clear(&k->told);
	if (!k->resolver->kernel(k->resolver->self, addr, &frame, 1) || !frame.known)
		return SP_OK;
	fact_begin(k->stream, SP_FACT_KSYM, stream_now(), UINT32_MAX);
	fact_u64(k->stream, addr);
	fact_u64(k->stream, addr - frame.offset);
	fact_str(k->stream, frame.name);
	fact_str(k->stream, frame.module);
	return fact_end(k->stream, err);
}

/* The sampled address as it is; return addresses one less, inside the call. */
static int tell_stacks(struct knames *k, struct sp_err *err)
{
	int rc = SP_OK;

	while (!rc && k->stacks_told < stacks_count(k->stacks)) {
		struct stack s = stacks_get(k->stacks, ++k->stacks_told);

		for (uint32_t i = 0; !rc && i < s.nkernel; i++)
			rc = tell(k, i ? s.addr[i] - 1 : s.addr[i], err);
	}
	if (!rc && k->stacks_told > STACKS_MOST) {
		stacks_clear(k->stacks);
		k->stacks_told = 0;
	}
	return rc;
}

static int on_event(void *self, const struct sp_event *e, struct sp_err *err)
{
	struct knames *k = self;

	if (e->type == SP_EV_KRANGE && k->resolver->kernel_range)
		return k->resolver->kernel_range(k->resolver->self, e->krange.start, e->krange.len,
						 strings_get(k->strings, e->krange.name),
						 strings_get(k->strings, e->krange.module), err);
	if (e->type == SP_EV_FUNC_ENTRY)
		return tell(k, e->func.addr, err);
	return e->type == SP_EV_DROP ? tell(k, e->drop.location, err) : SP_OK;
}

static int put(void *self, const struct sp_record *r, struct sp_err *err)
{
	struct knames *k = self;
	int rc = decode_put(k->decode, r, err);

	if (!rc && r->type == SP_REC_FINISHED_ROUND)
		rc = tell_stacks(k, err);
	return rc ? rc : k->out.put(k->out.self, r, err);
}

int knames_new(struct knames **ret, const struct sp_resolver *resolver, struct sp_record_sink out,
	       struct sp_err *err)
{
	sp_auto(knames) k = calloc(1, sizeof(*k));
	int rc;

	if (!k)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for kernel names");
	k->resolver = resolver;
	k->out = out;
	rc = strings_new(&k->strings, err);
	rc = rc ? rc : stacks_new(&k->stacks, err);
	rc = rc ? rc : stream_new(&k->stream, out, err);
	rc = rc ? rc
		: decode_new(&k->decode,
			     &(struct decode_parts){
				     .strings = k->strings,
				     .stacks = k->stacks,
				     .sink = { on_event, k },
			     },
			     err);
	if (!rc)
		*ret = sp_take(k);
	return rc;
}

void knames_free(struct knames *k)
{
	if (!k)
		return;
	once_clear(&k->told);
	decode_free(k->decode);
	stream_free(k->stream);
	stacks_free(k->stacks);
	strings_free(k->strings);
	free(k);
}

struct sp_record_sink knames_sink(struct knames *k)
{
	return (struct sp_record_sink){ .put = put, .self = k };
}
