#include "sample.h"

#include <sirqprof/limits.h>
#include <sirqprof/span.h>

#include <linux/perf_event.h>

/* Newer than some build hosts' headers. */
#define FORMAT_LOST	(1ULL << 4)  /* PERF_FORMAT_LOST */
#define BRANCH_HW_INDEX (1ULL << 17) /* PERF_SAMPLE_BRANCH_HW_INDEX */
#define BRANCH_COUNTERS (1ULL << 19) /* PERF_SAMPLE_BRANCH_COUNTERS */

static void skip_read(const struct attr *a, struct sp_span *in)
{
	uint64_t f = a->read_format, each = 8, n = 1;

	if (f & PERF_FORMAT_GROUP) {
		n = sp_span_u64(in);
		each += f & PERF_FORMAT_ID ? 8 : 0;
		each += f & FORMAT_LOST ? 8 : 0;
	} else {
		sp_span_skip(in, 8);
		n = 0;
		sp_span_skip(in, (f & PERF_FORMAT_ID ? 8 : 0) + (f & FORMAT_LOST ? 8 : 0));
	}
	sp_span_skip(in, (f & PERF_FORMAT_TOTAL_TIME_ENABLED ? 8 : 0) +
				 (f & PERF_FORMAT_TOTAL_TIME_RUNNING ? 8 : 0));
	if (n > sp_span_left(in) / each)
		in->over = true;
	else
		sp_span_skip(in, n * each);
}

static void take_chain(struct sp_span *in, struct raw_sample *ret)
{
	uint64_t n = sp_span_u64(in);

	if (n > sp_span_left(in) / 8) {
		in->over = true;
		return;
	}
	ret->chain = (const uint64_t *)(const void *)in->at;
	ret->nchain = (uint32_t)n;
	sp_span_skip(in, n * 8);
}

static void take_raw(struct sp_span *in, struct raw_sample *ret)
{
	ret->raw_size = sp_span_u32(in);
	ret->raw = in->at;
	sp_span_skip(in, ret->raw_size);
}

static void skip_branches(const struct attr *a, struct sp_span *in)
{
	uint64_t n = sp_span_u64(in), each = 24;

	if (a->branch_sample_type & BRANCH_HW_INDEX)
		sp_span_skip(in, 8);
	if (a->branch_sample_type & BRANCH_COUNTERS)
		each += 8;
	if (n > sp_span_left(in) / each)
		in->over = true;
	else
		sp_span_skip(in, n * each);
}

static void take_regs(struct sp_span *in, uint64_t mask, uint64_t *abi, const uint8_t **regs)
{
	*abi = sp_span_u64(in);
	if (*abi == PERF_SAMPLE_REGS_ABI_NONE)
		return;
	*regs = in->at;
	sp_span_skip(in, 8ULL * (uint64_t)__builtin_popcountll(mask));
}

static void take_stack(struct sp_span *in, struct raw_sample *ret)
{
	uint64_t size = sp_span_u64(in);

	if (!size)
		return;
	ret->stack = in->at;
	sp_span_skip(in, size);
	ret->stack_size = sp_span_u64(in);
	if (in->over || ret->stack_size > size)
		ret->stack_size = 0;
}

/* IDENTIFIER … PERIOD: the part that is the same for every event. */
static void take_fixed(uint64_t t, struct sp_span *in, struct raw_sample *ret)
{
	if (t & PERF_SAMPLE_IDENTIFIER)
		ret->id = sp_span_u64(in);
	if (t & PERF_SAMPLE_IP)
		ret->ip = sp_span_u64(in);
	if (t & PERF_SAMPLE_TID) {
		ret->pid = sp_span_u32(in);
		ret->tid = sp_span_u32(in);
		ret->has_tid = true;
	}
	if (t & PERF_SAMPLE_TIME) {
		ret->time_ns = sp_span_u64(in);
		ret->has_time = true;
	}
	if (t & PERF_SAMPLE_ADDR)
		sp_span_skip(in, 8);
	if (t & PERF_SAMPLE_ID)
		ret->id = sp_span_u64(in);
	if (t & PERF_SAMPLE_STREAM_ID)
		sp_span_skip(in, 8);
	if (t & PERF_SAMPLE_CPU) {
		ret->cpu = sp_span_u32(in);
		ret->has_cpu = true;
		sp_span_skip(in, 4);
	}
	if (t & PERF_SAMPLE_PERIOD)
		ret->period = sp_span_u64(in);
}

void sample_bind(struct attr *a)
{
	struct sample_layout *l = &a->layout;
	uint64_t t = a->sample_type;
	const struct {
		uint64_t bit;
		int16_t *at;
	} order[] = {
		{ PERF_SAMPLE_IDENTIFIER, &l->id }, { PERF_SAMPLE_IP, &l->ip },
		{ PERF_SAMPLE_TID, &l->tid },	    { PERF_SAMPLE_TIME, &l->time },
		{ PERF_SAMPLE_ADDR, NULL },	    { PERF_SAMPLE_ID, &l->id },
		{ PERF_SAMPLE_STREAM_ID, NULL },    { PERF_SAMPLE_CPU, &l->cpu },
		{ PERF_SAMPLE_PERIOD, &l->period },
	};
	uint64_t known = PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_RAW;

	*l = (struct sample_layout){
		false, t & PERF_SAMPLE_CALLCHAIN, t & PERF_SAMPLE_RAW, 0, -1, -1, -1, -1, -1, -1
	};
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		known |= order[i].bit;
		if (!(t & order[i].bit))
			continue;
		if (order[i].at)
			*order[i].at = (int16_t)l->fixed;
		l->fixed += 8;
	}
	l->plain = !(t & ~known);
}

static void plain_fields(const struct sample_layout *l, const uint8_t *at, struct raw_sample *ret)
{
	ret->id = l->id >= 0 ? sp_u64_at(at + l->id) : 0;
	ret->ip = l->ip >= 0 ? sp_u64_at(at + l->ip) : 0;
	ret->has_tid = l->tid >= 0;
	if (ret->has_tid) {
		ret->pid = sp_u32_at(at + l->tid);
		ret->tid = sp_u32_at(at + l->tid + 4);
	}
	ret->has_time = l->time >= 0;
	ret->time_ns = l->time >= 0 ? sp_u64_at(at + l->time) : 0;
	ret->has_cpu = l->cpu >= 0;
	ret->cpu = l->cpu >= 0 ? sp_u32_at(at + l->cpu) : SP_NO_CPU;
	ret->period = l->period >= 0 ? sp_u64_at(at + l->period) : 0;
}

/* The same as below, of a plain sample in this machine's byte order. */
static bool parse_plain(const struct sample_layout *l, const uint8_t *at, size_t size,
			struct raw_sample *ret)
{
	*ret = (struct raw_sample){ 0 };
	if (size < l->fixed)
		return false;
	plain_fields(l, at, ret);
	at += l->fixed;
	size -= l->fixed;
	if (l->chain) {
		uint64_t n = size >= 8 ? sp_u64_at(at) : 0;

		if (size < 8 || n > (size - 8) / 8)
			return false;
		ret->chain = (const uint64_t *)(const void *)(at + 8);
		ret->nchain = (uint32_t)n;
		at += 8 + 8 * n;
		size -= 8 + 8 * n;
	}
	if (l->raw) {
		ret->raw_size = size >= 4 ? sp_u32_at(at) : 0;
		ret->raw = at + 4;
		return size >= 4 && ret->raw_size <= size - 4;
	}
	return true;
}

bool sample_parse(const struct attr *a, struct sp_span body, struct raw_sample *ret)
{
	uint64_t t = a->sample_type;
	struct sp_span *in = &body;

	if (a->layout.plain && !body.swap)
		return parse_plain(&a->layout, body.at, sp_span_left(&body), ret);
	*ret = (struct raw_sample){ .cpu = SP_NO_CPU };
	take_fixed(t, in, ret);
	if (t & PERF_SAMPLE_READ)
		skip_read(a, in);
	if (t & PERF_SAMPLE_CALLCHAIN)
		take_chain(in, ret);
	if (t & PERF_SAMPLE_RAW)
		take_raw(in, ret);
	if (t & PERF_SAMPLE_BRANCH_STACK)
		skip_branches(a, in);
	if (t & PERF_SAMPLE_REGS_USER)
		take_regs(in, a->sample_regs_user, &ret->user_abi, &ret->user_regs);
	if (t & PERF_SAMPLE_STACK_USER)
		take_stack(in, ret);
	/* WEIGHT or WEIGHT_STRUCT, DATA_SRC, TRANSACTION: 8 bytes each. */
	if (t & (PERF_SAMPLE_WEIGHT | PERF_SAMPLE_WEIGHT_STRUCT))
		sp_span_skip(in, 8);
	if (t & PERF_SAMPLE_DATA_SRC)
		sp_span_skip(in, 8);
	if (t & PERF_SAMPLE_TRANSACTION)
		sp_span_skip(in, 8);
	if (t & PERF_SAMPLE_REGS_INTR)
		take_regs(in, a->sample_regs_intr, &ret->intr_abi, &ret->intr_regs);
	/* PHYS_ADDR, AUX, CGROUP, DATA_PAGE_SIZE, CODE_PAGE_SIZE follow: nothing needed of them. */
	return !in->over;
}

size_t sample_trailer_size(const struct attr *a)
{
	uint64_t fields = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ID |
			  PERF_SAMPLE_STREAM_ID | PERF_SAMPLE_CPU | PERF_SAMPLE_IDENTIFIER;

	return a->sample_id_all ? 8U * (size_t)__builtin_popcountll(a->sample_type & fields) : 0;
}

bool sample_trailer(const struct attr *a, struct sp_span *record, struct raw_sample *ret)
{
	struct sp_span body = *record;
	uint64_t t = a->sample_type;
	size_t size = sample_trailer_size(a);

	*ret = (struct raw_sample){ .cpu = SP_NO_CPU };
	if (!a->sample_id_all || sp_span_left(&body) < size)
		return false;
	body.at = body.end - size;
	record->end = body.at;
	if (t & PERF_SAMPLE_TID) {
		ret->pid = sp_span_u32(&body);
		ret->tid = sp_span_u32(&body);
		ret->has_tid = true;
	}
	if (t & PERF_SAMPLE_TIME) {
		ret->time_ns = sp_span_u64(&body);
		ret->has_time = true;
	}
	if (t & PERF_SAMPLE_ID)
		ret->id = sp_span_u64(&body);
	if (t & PERF_SAMPLE_STREAM_ID)
		sp_span_skip(&body, 8);
	if (t & PERF_SAMPLE_CPU) {
		ret->cpu = sp_span_u32(&body);
		ret->has_cpu = true;
		sp_span_skip(&body, 4);
	}
	if (t & PERF_SAMPLE_IDENTIFIER)
		ret->id = sp_span_u64(&body);
	return !body.over;
}

int sample_id_pos(uint64_t t)
{
	int pos = 0;

	if (t & PERF_SAMPLE_IDENTIFIER)
		return 0;
	if (!(t & PERF_SAMPLE_ID))
		return -1;
	pos += t & PERF_SAMPLE_IP ? 8 : 0;
	pos += t & PERF_SAMPLE_TID ? 8 : 0;
	pos += t & PERF_SAMPLE_TIME ? 8 : 0;
	pos += t & PERF_SAMPLE_ADDR ? 8 : 0;
	return pos;
}

int sample_trailer_id_pos(uint64_t t)
{
	int pos = 8;

	if (t & PERF_SAMPLE_IDENTIFIER)
		return pos;
	if (!(t & PERF_SAMPLE_ID))
		return -1;
	pos += t & PERF_SAMPLE_CPU ? 8 : 0;
	pos += t & PERF_SAMPLE_STREAM_ID ? 8 : 0;
	return pos;
}

uint32_t sample_trailer_shape(const struct attr *a)
{
	int pos = sample_trailer_id_pos(a->sample_type);

	return (uint32_t)sample_trailer_size(a) / 8U << 2 | (pos < 0 ? 0 : (uint32_t)pos / 8U);
}
