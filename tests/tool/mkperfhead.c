/* What stands before the first event of a made recording: header, attrs, formats, facts of the
 * host. */
#include "mkperf.h"

/* The tracepoints with their fields, as a kernel of today lays them out. */
static const struct {
	const char *system, *name, *fields;
} points[EV_MAX] = {
	[EV_RAISE] = { "irq", "softirq_raise", "u4 vec 8" },
	[EV_ENTRY] = { "irq", "softirq_entry", "u4 vec 8" },
	[EV_EXIT] = { "irq", "softirq_exit", "u4 vec 8" },
	[EV_TICK_ENTRY] = { "irq_vectors", "local_timer_entry", "s4 vector 8" },
	[EV_TICK_EXIT] = { "irq_vectors", "local_timer_exit", "s4 vector 8" },
	[EV_IRQ_ENTRY] = { "irq", "irq_handler_entry", "s4 irq 8,c24 name 12" },
	[EV_IRQ_EXIT] = { "irq", "irq_handler_exit", "s4 irq 8,s4 ret 12" },
	[EV_SWITCH] = { "sched", "sched_switch",
			"c16 prev_comm 8,s4 prev_pid 24,s4 prev_prio 28,s8 prev_state 32,"
			"c16 next_comm 40,s4 next_pid 56,s4 next_prio 60" },
	[EV_WAKE] = { "sched", "sched_wakeup", "c16 comm 8,s4 pid 24,s4 prio 28,s4 target_cpu 32" },
	[EV_FUNC_ENTRY] = { "timer", "timer_expire_entry", "u8 timer 8,u8 function 16" },
	[EV_FUNC_EXIT] = { "timer", "timer_expire_exit", "u8 timer 8" },
	[EV_DROP] = { "skb", "kfree_skb", "u8 location 8,u4 reason 16" },
	[EV_RECLAIM_BEGIN] = { "vmscan", "mm_vmscan_direct_reclaim_begin", "s4 order 8" },
	[EV_RECLAIM_END] = { "vmscan", "mm_vmscan_direct_reclaim_end", "u8 nr 8" },
	[EV_TASKLET_ENTRY] = { "irq", "tasklet_entry", "u8 tasklet 8,u8 func 16" },
	[EV_TASKLET_EXIT] = { "irq", "tasklet_exit", "u8 tasklet 8,u8 func 16" },
	[EV_WORK_ENTRY] = { "workqueue", "workqueue_execute_start", "u8 work 8,u8 function 16" },
	[EV_WORK_EXIT] = { "workqueue", "workqueue_execute_end", "u8 work 8,u8 function 16" },
	[EV_HRTIMER_ENTRY] = { "timer", "hrtimer_expire_entry",
			       "u8 hrtimer 8,s8 now 24,"
			       "u8 function 16" },
	[EV_HRTIMER_EXIT] = { "timer", "hrtimer_expire_exit", "u8 hrtimer 8" },
	[EV_NAPI_POLL] = { "napi", "napi_poll", "c24 dev_name 8,s4 work 32,s4 budget 36" },
	[EV_RETRANSMIT] = { "tcp", "tcp_retransmit_skb", "u8 skbaddr 8" },
};

void mk_put(struct mkperf *m, struct bytes *b, uint32_t type, uint16_t misc, size_t size)
{
	struct perf_event_header header = { .type = type, .misc = misc, .size = (uint16_t)size };

	memcpy(b->at, &header, sizeof(header));
	if (fwrite(b->at, 1, b->len, stdout) != b->len)
		mk_die(m, "writing");
}

void mk_begin(struct bytes *b)
{
	b->len = 0;
	bytes_u64(b, 0);
}

static void put_attr(struct mkperf *m, struct bytes *b, uint64_t id,
		     const struct perf_event_attr *a, const char *name)
{
	mk_begin(b);
	bytes_put(b, a, a->size);
	bytes_u64(b, id);
	mk_put(m, b, SP_REC_HEADER_ATTR, 0, b->len);
	mk_begin(b);
	bytes_u64(b, SP_UPDATE_NAME);
	bytes_u64(b, id);
	bytes_put(b, name, strlen(name) + 1);
	bytes_align(b, 8);
	mk_put(m, b, SP_REC_EVENT_UPDATE, 0, b->len);
}

static void put_cycles(struct mkperf *m, struct bytes *b, const struct perf_event_attr *clock)
{
	struct perf_event_attr a = *clock;

	a.type = PERF_TYPE_HARDWARE;
	a.config = PERF_COUNT_HW_CPU_CYCLES;
	a.sample_period = 3000000;
	put_attr(m, b, EV_SAMPLER, &a, "cycles");
}

static void put_attrs(struct mkperf *m, struct bytes *b)
{
	struct perf_event_attr a = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.size = PERF_ATTR_SIZE_VER6,
		.sample_period = m->period_ns,
		.sample_id_all = 1,
		.use_clockid = 1,
		.clockid = 1,
		.sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID |
			       PERF_SAMPLE_TIME | PERF_SAMPLE_CPU | PERF_SAMPLE_CALLCHAIN |
			       PERF_SAMPLE_REGS_USER | PERF_SAMPLE_REGS_INTR,
		.sample_regs_user = 1 << 5,
		.sample_regs_intr = 1 << 9,
	};
	char name[80];

	if (m->cycles)
		put_cycles(m, b, &a);
	put_attr(m, b, m->cycles ? EV_CLOCK : EV_SAMPLER, &a, "cpu-clock");
	a.type = PERF_TYPE_TRACEPOINT;
	a.sample_period = 1;
	a.sample_regs_user = a.sample_regs_intr = 0;
	a.sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU |
			PERF_SAMPLE_RAW;
	for (uint64_t id = EV_RAISE; id < EV_MAX; id++) {
		a.config = id;
		snprintf(name, sizeof(name), "%s:%s", points[id].system, points[id].name);
		put_attr(m, b, id, &a, name);
	}
	a.type = PERF_TYPE_SOFTWARE;
	a.config = PERF_COUNT_SW_BPF_OUTPUT;
	put_attr(m, b, HEADER_FACT_ID, &a, SP_FACT_EVENT);
}

static void put_format(struct bytes *b, uint32_t id)
{
	char text[4096], field[64];
	const char *at = points[id].fields;
	size_t len = (size_t)snprintf(
		text, sizeof(text),
		"name: %s\nID: %u\nformat:\n"
		"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
		"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
		"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
		"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n",
		points[id].name, id);

	while (*at) {
		unsigned int size, offset;
		char kind;

		if (sscanf(at, "%c%u %63s %u", &kind, &size, field, &offset) != 4)
			abort();
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"\tfield:%s %s%s;\toffset:%u;\tsize:%u;\tsigned:%d;\n",
					kind == 'c' ? "char" : "long", field,
					kind == 'c' ? "[1]" : "", offset, size, kind == 's');
		at += strcspn(at, ",");
		at += *at == ',';
	}
	len += (size_t)snprintf(text + len, sizeof(text) - len,
				"\nprint fmt: \"\", { 2, \"NOT_SPECIFIED\" }, { 81, \"NOMEM\" }, "
				"{ 123, \"PFMEMALLOC\" }\n");
	bytes_u64(b, len);
	bytes_put(b, text, len);
}

static void put_tracing(struct mkperf *m, struct bytes *b)
{
	uint32_t size;

	mk_begin(b);
	bytes_u32(b, 0);
	bytes_put(b, "\027\010\104tracing0.6", 14);
	bytes_u8(b, 0);
	bytes_u8(b, 8);
	bytes_u32(b, 4096);
	bytes_put(b, "header_page", 12);
	bytes_u64(b, 0);
	bytes_put(b, "header_event", 13);
	bytes_u64(b, 0);
	bytes_u32(b, 0);
	bytes_u32(b, EV_MAX - EV_RAISE);
	for (uint32_t id = EV_RAISE; id < EV_MAX; id++) {
		bytes_put(b, points[id].system, strlen(points[id].system) + 1);
		bytes_u32(b, 1);
		put_format(b, id);
	}
	bytes_u32(b, 0);
	bytes_u32(b, 0);
	bytes_u64(b, 0);
	size = (uint32_t)(b->len - 12);
	memcpy(b->at + 8, &size, sizeof(size));
	mk_put(m, b, SP_REC_HEADER_TRACING_DATA, 0, 12);
}

void mk_clock(struct mkperf *m, uint64_t at_ns, uint64_t real_ns)
{
	fact_begin(m->stream, SP_FACT_CLOCK, at_ns, UINT32_MAX);
	fact_u64(m->stream, at_ns);
	fact_u64(m->stream, real_ns);
	fact_u64(m->stream, 1000);
	if (fact_end(m->stream, &m->err))
		mk_die(m, "writing");
}

static void put_meta(struct mkperf *m, const char *key, const char *value)
{
	fact_begin(m->stream, SP_FACT_META, BASE_NS, UINT32_MAX);
	fact_str(m->stream, key);
	fact_str(m->stream, value);
	if (fact_end(m->stream, &m->err))
		mk_die(m, "writing");
}

void mk_start(struct mkperf *m)
{
	const uint64_t magic[2] = { SP_PERF_MAGIC2, SP_PIPE_HEADER_SIZE };
	struct bytes b = { 0 };
	char number[32];

	m->started = true;
	if (fwrite(magic, 1, sizeof(magic), stdout) != sizeof(magic))
		mk_die(m, "writing");
	put_attrs(m, &b);
	put_tracing(m, &b);
	bytes_free(&b);
	put_meta(m, "version", "0.0.0-test");
	put_meta(m, "host", m->host);
	put_meta(m, "kernel", m->kernel);
	put_meta(m, "boot_id", "made");
	put_meta(m, "capture_id", "made");
	put_meta(m, "sampler", m->cycles ? "cycles" : "cpu-clock");
	snprintf(number, sizeof(number), "%" PRIu64, m->period_ns);
	put_meta(m, "period_ns", number);
	mk_clock(m, BASE_NS, m->real_ns);
}
