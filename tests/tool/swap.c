#include "swap.h"

#include <sirqprof/facts.h>
#include <sirqprof/perfdata.h>

#include <linux/perf_event.h>
#include <string.h>

void swap_skip(struct swap_bytes *b, uint64_t size)
{
	if ((uint64_t)(b->end - b->at) < size) {
		b->at = b->end;
		b->over = true;
		return;
	}
	b->at += size;
}

/* Turns n bytes; returns them as a number as they were, 0 past the end. */
static uint64_t turn(struct swap_bytes *b, size_t n)
{
	uint64_t v = 0;

	if ((size_t)(b->end - b->at) < n) {
		b->at = b->end;
		b->over = true;
		return 0;
	}
	memcpy(&v, b->at, n);
	for (size_t i = 0; i < n / 2; i++) {
		uint8_t low = b->at[i];

		b->at[i] = b->at[n - 1 - i];
		b->at[n - 1 - i] = low;
	}
	b->at += n;
	return v;
}

uint16_t swap_16(struct swap_bytes *b)
{
	return (uint16_t)turn(b, 2);
}

uint32_t swap_32(struct swap_bytes *b)
{
	return (uint32_t)turn(b, 4);
}

uint64_t swap_64(struct swap_bytes *b)
{
	return turn(b, 8);
}

void swap_many_64(struct swap_bytes *b, uint64_t n)
{
	while (n-- && !b->over)
		swap_64(b);
}

static void string(struct swap_bytes *b)
{
	const uint8_t *nul = b->at < b->end ? memchr(b->at, 0, (size_t)(b->end - b->at)) : NULL;

	swap_skip(b, nul ? (uint64_t)(nul - b->at) + 1 : UINT64_MAX);
}

const struct swap_attr *swap_attr_of(const struct swap *s, uint64_t id)
{
	for (uint32_t i = 0; i < s->nids; i++)
		if (s->ids[i].id == id)
			return &s->attrs[s->ids[i].attr];
	return s->nattrs == 1 ? &s->attrs[0] : NULL;
}

/* struct read_format of include/uapi/linux/perf_event.h */
static void read_values(struct swap_bytes *b, uint64_t format)
{
	uint64_t n = 1, lost = 1U << 4;

	if (format & PERF_FORMAT_GROUP)
		n = swap_64(b);
	else
		swap_64(b);
	swap_many_64(b, !!(format & PERF_FORMAT_TOTAL_TIME_ENABLED) +
				!!(format & PERF_FORMAT_TOTAL_TIME_RUNNING));
	for (uint64_t i = 0; i < n && !b->over; i++)
		swap_many_64(b, (format & PERF_FORMAT_GROUP ? 1 : 0) + !!(format & PERF_FORMAT_ID) +
					!!(format & lost));
}

/* What sirqprof adds; the letters are those of docs/recording.md's bodies. */
static void fact(struct swap_bytes b)
{
	static const char *const bodies[] = {
		[SP_FACT_META] = "ss",	    [SP_FACT_CLOCK] = "888",	[SP_FACT_STEAL] = "88",
		[SP_FACT_SOFTNET] = "888",  [SP_FACT_NETSTAT] = "88",	[SP_FACT_FDS] = "4*4s",
		[SP_FACT_CGROUP] = "4s",    [SP_FACT_TASK] = "444s",	[SP_FACT_KSYM] = "88ss",
		[SP_FACT_QUALITY] = "448s", [SP_FACT_SYSCALL] = "4s88", [SP_FACT_IRQNAME] = "4s",
		[SP_FACT_SELF] = "48",	    [SP_FACT_ONLINE] = "44",	[SP_FACT_THIN] = "4",
		[SP_FACT_SHED] = "4",
	};
	const char *at;
	uint64_t again = 0;
	uint16_t kind;

	if (swap_32(&b) != SP_FACT_MAGIC)
		return;
	kind = swap_16(&b);
	swap_16(&b);
	at = kind < sizeof(bodies) / sizeof(bodies[0]) ? bodies[kind] : NULL;
	for (const char *loop = NULL; at && *at && !b.over; at++) {
		if (*at == '8')
			swap_64(&b);
		else if (*at == '4')
			swap_32(&b);
		else if (*at == 's')
			string(&b);
		else { /* a number, then that many of what follows */
			again = swap_32(&b);
			loop = at;
			if (!again)
				return;
		}
		if (loop && !at[1] && --again)
			at = loop;
	}
}

static void point(const struct swap *s, uint64_t id, struct swap_bytes raw)
{
	for (uint32_t i = 0; i < s->npoints; i++) {
		const struct swap_point *p = &s->points[i];

		if (p->id != id)
			continue;
		for (uint32_t f = 0; f < p->nfields; f++) {
			struct swap_bytes one = { raw.at, raw.end, false };

			swap_skip(&one, p->fields[f].at);
			turn(&one, p->fields[f].size);
		}
		return;
	}
}

static void raw_data(const struct swap *s, const struct swap_attr *a, struct swap_bytes *b)
{
	uint32_t size = swap_32(b);
	struct swap_bytes raw = { b->at, b->at + size, false };

	if (size > (uint64_t)(b->end - b->at)) {
		b->over = true;
		return;
	}
	if (a->type == PERF_TYPE_TRACEPOINT)
		point(s, a->config, raw);
	else if (a->type == PERF_TYPE_SOFTWARE && a->config == PERF_COUNT_SW_BPF_OUTPUT)
		fact(raw);
	swap_skip(b, size);
}

static void registers(struct swap_bytes *b, uint64_t mask)
{
	if (swap_64(b) != PERF_SAMPLE_REGS_ABI_NONE)
		swap_many_64(b, (uint64_t)__builtin_popcountll(mask));
}

static void branches(const struct swap_attr *a, struct swap_bytes *b)
{
	uint64_t n = swap_64(b);

	if (a->branch_type & 1U << 17) /* HW_INDEX */
		swap_64(b);
	for (uint64_t i = 0; i < n && !b->over; i++)
		swap_many_64(b, a->branch_type & 1U << 19 ? 4 : 3); /* COUNTERS */
}

/* The first 8 bytes that say whose sample it is, where all events agree on it. */
static uint64_t sample_id(const struct swap *s, const struct swap_bytes *b)
{
	uint64_t t = s->nattrs ? s->attrs[0].sample_type : 0, id = 0;
	size_t at = 0;

	if (!(t & PERF_SAMPLE_IDENTIFIER)) {
		at = 8U * (size_t)__builtin_popcountll(t & (PERF_SAMPLE_IP | PERF_SAMPLE_TID |
							    PERF_SAMPLE_TIME | PERF_SAMPLE_ADDR));
		if (!(t & PERF_SAMPLE_ID))
			return 0;
	}
	if ((size_t)(b->end - b->at) >= at + 8)
		memcpy(&id, b->at + at, 8);
	return id;
}

static void sample(const struct swap *s, struct swap_bytes *b)
{
	const struct swap_attr *a = swap_attr_of(s, sample_id(s, b));
	uint64_t t = a ? a->sample_type : 0, n;

	if (!a && s->nattrs)
		a = &s->attrs[0], t = a->sample_type & (PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP);
	swap_many_64(b, !!(t & PERF_SAMPLE_IDENTIFIER) + !!(t & PERF_SAMPLE_IP));
	if (t & PERF_SAMPLE_TID)
		swap_32(b), swap_32(b);
	swap_many_64(b,
		     (uint64_t)__builtin_popcountll(t & (PERF_SAMPLE_TIME | PERF_SAMPLE_ADDR |
							 PERF_SAMPLE_ID | PERF_SAMPLE_STREAM_ID)));
	if (t & PERF_SAMPLE_CPU)
		swap_32(b), swap_32(b);
	if (t & PERF_SAMPLE_PERIOD)
		swap_64(b);
	if (t & PERF_SAMPLE_READ)
		read_values(b, a->read_format);
	if (t & PERF_SAMPLE_CALLCHAIN)
		swap_many_64(b, swap_64(b));
	if (t & PERF_SAMPLE_RAW && !b->over)
		raw_data(s, a, b);
	if (t & PERF_SAMPLE_BRANCH_STACK)
		branches(a, b);
	if (t & PERF_SAMPLE_REGS_USER)
		registers(b, a->regs_user);
	if (t & PERF_SAMPLE_STACK_USER && (n = swap_64(b))) {
		swap_skip(b, n);
		swap_64(b);
	}
	swap_many_64(b, !!(t & (PERF_SAMPLE_WEIGHT | PERF_SAMPLE_WEIGHT_STRUCT)) +
				!!(t & PERF_SAMPLE_DATA_SRC) + !!(t & PERF_SAMPLE_TRANSACTION));
	if (t & PERF_SAMPLE_REGS_INTR)
		registers(b, a->regs_intr);
	swap_many_64(b, (uint64_t)__builtin_popcountll(
				t & (PERF_SAMPLE_PHYS_ADDR | PERF_SAMPLE_CGROUP |
				     PERF_SAMPLE_DATA_PAGE_SIZE | PERF_SAMPLE_CODE_PAGE_SIZE)));
	if (t & PERF_SAMPLE_AUX)
		swap_skip(b, swap_64(b));
}

/* A record's body by letters: 8 4 2 integers of that many bytes, 1 a byte, 'v' all that follow are
 * 8 bytes; what no letter tells are bytes or text. */
static void by_letters(struct swap_bytes *b, const char *letters)
{
	for (; *letters && !b->over; letters++) {
		if (*letters == '8')
			swap_64(b);
		else if (*letters == '4')
			swap_32(b);
		else if (*letters == '2')
			swap_16(b);
		else if (*letters == '1')
			swap_skip(b, 1);
		else
			while (b->end - b->at >= 8)
				swap_64(b);
	}
}

static void kernel_record(const struct swap *s, const struct perf_event_header *h,
			  struct swap_bytes *b)
{
	static const char *const bodies[] = {
		[PERF_RECORD_MMAP] = "44888",	   [PERF_RECORD_LOST] = "88",
		[PERF_RECORD_COMM] = "44",	   [PERF_RECORD_EXIT] = "44448",
		[PERF_RECORD_THROTTLE] = "888",	   [PERF_RECORD_UNTHROTTLE] = "888",
		[PERF_RECORD_FORK] = "44448",	   [PERF_RECORD_AUX] = "888",
		[PERF_RECORD_MMAP2] = "448884488", [PERF_RECORD_ITRACE_START] = "44",
		[PERF_RECORD_LOST_SAMPLES] = "8",  [PERF_RECORD_SWITCH_CPU_WIDE] = "44",
		[PERF_RECORD_NAMESPACES] = "44v",  [PERF_RECORD_KSYMBOL] = "8422",
		[PERF_RECORD_BPF_EVENT] = "224",   [PERF_RECORD_CGROUP] = "8",
		[PERF_RECORD_TEXT_POKE] = "822",   [PERF_RECORD_AUX_OUTPUT_HW_ID] = "8",
	};
	const char *letters = h->type < sizeof(bodies) / sizeof(bodies[0]) ? bodies[h->type] : NULL;

	if (h->type == PERF_RECORD_SAMPLE) {
		sample(s, b);
		return;
	}
	swap_trailer(s, h->type, b);
	if (h->type == PERF_RECORD_READ) {
		by_letters(b, "44");
		read_values(b, s->nattrs ? s->attrs[0].read_format : 0);
		return;
	}
	/* The build id in the place of device and inode is bytes. */
	if (h->type == PERF_RECORD_MMAP2 && h->misc & PERF_RECORD_MISC_MMAP_BUILD_ID) {
		by_letters(b, "44888");
		swap_skip(b, 24);
		by_letters(b, "44");
		return;
	}
	by_letters(b, letters ? letters : "");
	if (h->type == PERF_RECORD_MMAP2)
		by_letters(b, "44");
}

static void user_record(struct swap *s, const struct perf_event_header *h, struct swap_bytes *b)
{
	uint64_t what;
	uint32_t size = 0;

	switch (h->type) {
	case SP_REC_HEADER_ATTR:
		if (b->end - b->at >= 8)
			memcpy(&size, b->at + 4, 4);
		swap_attr(s, b, size ? size : PERF_ATTR_SIZE_VER0);
		while (b->end - b->at >= 8)
			swap_id(s, b);
		break;
	case SP_REC_EVENT_UPDATE:
		what = swap_64(b);
		by_letters(b, what == SP_UPDATE_SCALE ? "88" : "8");
		break;
	case SP_REC_HEADER_TRACING_DATA:
		swap_32(b);
		swap_tracing(s, b);
		break;
	case SP_REC_HEADER_FEATURE:
		swap_feature(s, (uint32_t)swap_64(b), b);
		break;
	case SP_REC_HEADER_BUILD_ID:
		swap_32(b);
		break;
	case SP_REC_AUXTRACE:
		by_letters(b, "8884444");
		break;
	case SP_REC_AUXTRACE_ERROR:
		by_letters(b, "44444488");
		break;
	case SP_REC_AUXTRACE_INFO:
		by_letters(b, "44v");
		break;
	case SP_REC_THREAD_MAP:
		for (what = swap_64(b); what-- && !b->over; swap_skip(b, 16))
			swap_64(b);
		break;
	case SP_REC_CPU_MAP: /* a list, or a mask whose words are 2 + 2 + 4 bytes behind */
		what = swap_16(b);
		if (what == 0) {
			for (uint16_t n = swap_16(b); n-- && !b->over;)
				swap_16(b);
		} else {
			by_letters(b, what == 1 ? "224v" : "1122");
		}
		break;
	case SP_REC_STAT:
		by_letters(b, "844888");
		break;
	default: /* ID_INDEX, STAT_CONFIG, STAT_ROUND, TIME_CONV: words; rounds: nothing */
		by_letters(b, "v");
	}
}

void swap_record(struct swap *s, uint8_t *record, size_t size)
{
	struct swap_bytes b = { record, record + size, false };
	struct perf_event_header h = { 0 };

	if (size < sizeof(h))
		return;
	memcpy(&h, record, sizeof(h));
	by_letters(&b, "422");
	if (h.type < SP_REC_HEADER_ATTR)
		kernel_record(s, &h, &b);
	else
		user_record(s, &h, &b);
}
