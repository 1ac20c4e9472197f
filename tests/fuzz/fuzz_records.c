/*
 * Any bytes as records of a recording whose events are known: samples with every mix of fields,
 * tracepoints, facts, and the records of the kernel beside them.
 *
 * Input: a byte that chooses the mix, then for each record its type, its misc, its size, its bytes.
 * Must hold: an event has a CPU that exists or none, and the record as a machine of the other byte
 * order would have written it gives the same events (pair.h; tests/tool/swap.c knows the layout on
 * its own).
 */
#include "must.h"
#include "pair.h"

#include <linux/perf_event.h>
#include <sirqprof/perfdata.h>
#include <string.h>

#define ID_FIRST 1
#define NATTRS	 5
#define ID_POINT 77 /* of the tracepoints in their formats */
#define ID_ENTRY 78

#define ALWAYS (PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU)
#define FAR                                                                     \
	(PERF_SAMPLE_READ | PERF_SAMPLE_BRANCH_STACK | PERF_SAMPLE_STACK_USER | \
	 PERF_SAMPLE_WEIGHT | PERF_SAMPLE_DATA_SRC | PERF_SAMPLE_TRANSACTION |  \
	 PERF_SAMPLE_PHYS_ADDR | PERF_SAMPLE_AUX | PERF_SAMPLE_CGROUP |         \
	 PERF_SAMPLE_CODE_PAGE_SIZE)

/* sample_type of the sampler; the others have its first part. */
static const uint64_t mixes[8] = {
	PERF_SAMPLE_IDENTIFIER | ALWAYS | PERF_SAMPLE_IP | PERF_SAMPLE_CALLCHAIN |
		PERF_SAMPLE_REGS_USER | PERF_SAMPLE_REGS_INTR,
	PERF_SAMPLE_IDENTIFIER | ALWAYS | PERF_SAMPLE_IP | PERF_SAMPLE_CALLCHAIN | FAR,
	PERF_SAMPLE_ID | ALWAYS | PERF_SAMPLE_IP | PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_PERIOD,
	PERF_SAMPLE_ID | PERF_SAMPLE_STREAM_ID | PERF_SAMPLE_ADDR | ALWAYS | PERF_SAMPLE_IP |
		PERF_SAMPLE_READ | PERF_SAMPLE_CALLCHAIN,
	PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TIME | PERF_SAMPLE_RAW,
	PERF_SAMPLE_IDENTIFIER | ALWAYS | PERF_SAMPLE_READ | PERF_SAMPLE_RAW |
		PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER | PERF_SAMPLE_WEIGHT_STRUCT |
		PERF_SAMPLE_REGS_INTR,
	PERF_SAMPLE_ID | PERF_SAMPLE_TIME | PERF_SAMPLE_BRANCH_STACK | PERF_SAMPLE_REGS_INTR,
	PERF_SAMPLE_IDENTIFIER | ALWAYS | PERF_SAMPLE_PERIOD | PERF_SAMPLE_CALLCHAIN |
		PERF_SAMPLE_RAW,
};

/* What tells the place of the ids, and of the trailer's fields, is the same for all events. */
#define SHARED                                                                          \
	(PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | \
	 PERF_SAMPLE_ADDR | PERF_SAMPLE_ID | PERF_SAMPLE_STREAM_ID | PERF_SAMPLE_CPU)

static void put_attr(uint32_t type, uint64_t config, uint64_t sample_type, uint8_t choice,
		     uint64_t id)
{
	struct {
		struct perf_event_attr attr;
		uint64_t id;
	} body = { .id = id };

	body.attr.type = type;
	body.attr.size = sizeof(body.attr);
	body.attr.config = config;
	body.attr.sample_period = 1;
	body.attr.sample_type = sample_type;
	body.attr.read_format = choice & 8 ? 0x1f : choice & 16 ? 6 : 0;
	body.attr.sample_id_all = !(choice & 32);
	body.attr.branch_sample_type = choice & 64 ? 1 << 17 : 0;
	body.attr.sample_regs_user = 0xff0fff;
	body.attr.sample_regs_intr = choice & 128 ? 1 << 9 : 0xff0fff;
	pair_put(SP_REC_HEADER_ATTR, 0, (const uint8_t *)&body, sizeof(body));
}

static void put_formats(void)
{
	static const char format[] =
		"name: sched_switch\nID: 77\nformat:\n"
		"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
		"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
		"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
		"\tfield:char prev_comm[16];\toffset:8;\tsize:16;\tsigned:0;\n"
		"\tfield:pid_t prev_pid;\toffset:24;\tsize:4;\tsigned:1;\n"
		"\tfield:int prev_prio;\toffset:28;\tsize:4;\tsigned:1;\n"
		"\tfield:long prev_state;\toffset:32;\tsize:8;\tsigned:1;\n"
		"\tfield:char next_comm[16];\toffset:40;\tsize:16;\tsigned:0;\n"
		"\tfield:pid_t next_pid;\toffset:56;\tsize:4;\tsigned:1;\n\nprint fmt: \"\"\n";
	/* Read in one step (analyze/softirq.c): its twin is read field by field. */
	static const char entry[] =
		"name: softirq_entry\nID: 78\nformat:\n"
		"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
		"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
		"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
		"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
		"\tfield:unsigned int vec;\toffset:8;\tsize:4;\tsigned:0;\n\nprint fmt: \"\"\n";
	static uint8_t blob[2048];
	static size_t len;
	const uint64_t zero = 0, size = sizeof(format) - 1, entry_size = sizeof(entry) - 1;
	const uint32_t page = 4096, one = 1, two = 2, none = 0;

	if (!len) {
		const struct {
			const void *at;
			size_t size;
		} parts[] = {
			{ &none, 4 },	       { "\027\010\104tracing0.6\0\0\010", 16 },
			{ &page, 4 },	       { "header_page", 12 },
			{ &zero, 8 },	       { "header_event", 13 },
			{ &zero, 8 },	       { &none, 4 },
			{ &two, 4 },	       { "sched", 6 },
			{ &one, 4 },	       { &size, 8 },
			{ format, size },      { "irq", 4 },
			{ &one, 4 },	       { &entry_size, 8 },
			{ entry, entry_size }, { &none, 4 },
			{ &none, 4 },	       { &zero, 8 },
		};
		uint32_t all;

		for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); len += parts[i++].size)
			memcpy(blob + len, parts[i].at, parts[i].size);
		all = (uint32_t)len - 4;
		memcpy(blob, &all, 4);
	}
	pair_put(SP_REC_HEADER_TRACING_DATA, 0, blob, len);
}

/* Where in a sample's body the id stands. */
static size_t id_at(uint64_t t)
{
	if (t & PERF_SAMPLE_IDENTIFIER)
		return 0;
	return 8U * (size_t)__builtin_popcountll(t & (PERF_SAMPLE_IP | PERF_SAMPLE_TID |
						      PERF_SAMPLE_TIME | PERF_SAMPLE_ADDR));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t choice = size ? data[0] : 0, body[256];
	uint64_t mix = mixes[choice & 7], shared = mix & SHARED;
	size_t at = 1;

	if (!pair_begin())
		return 0;
	put_attr(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, mix, choice, ID_FIRST);
	put_attr(PERF_TYPE_TRACEPOINT, ID_POINT, shared | PERF_SAMPLE_RAW, choice, ID_FIRST + 1);
	put_attr(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_BPF_OUTPUT, shared | PERF_SAMPLE_RAW, choice,
		 ID_FIRST + 2);
	put_attr(PERF_TYPE_HARDWARE, 0, mix | PERF_SAMPLE_RAW, choice, ID_FIRST + 3);
	put_attr(PERF_TYPE_TRACEPOINT, ID_ENTRY,
		 shared | PERF_SAMPLE_RAW | (mix & (PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_PERIOD)),
		 choice, ID_FIRST + 4);
	put_formats();
	while (size - at >= 3 && size > at) {
		uint32_t type = data[at] & 31;
		uint16_t misc = (uint16_t)(data[at + 1] << 10 | (data[at + 1] >> 6));
		size_t n = data[at + 2], where = id_at(mix);

		/* Most are samples: they have the most to say. */
		type = type && type < 22 ? type : PERF_RECORD_SAMPLE;
		at += 3;
		n = n < size - at ? n : size - at;
		memcpy(body, data + at, n);
		at += n;
		if (type == PERF_RECORD_SAMPLE && n >= where + 8) {
			memset(body + where, 0, 8);
			body[where] = (uint8_t)(ID_FIRST + (misc >> 10) % (NATTRS + 1));
		}
		pair_put(type, misc, body, n);
	}
	pair_end();
	return 0;
}
