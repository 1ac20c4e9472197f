/*
 * Readable text → a perf.data recording (pipe mode, as sirqprof's own recorder streams it).
 *
 *	mkperf <input >recording
 *
 * One event a line: a word and key=value pairs. Times are from the recording's begin, with a unit
 * (t=1.5ms). Functions are named; mkperf gives them addresses and writes the names as KSYM facts.
 *
 *	host NAME | kernel RELEASE | begin EPOCH_SECONDS | period 1ms	(before the first event)
 *	sampler cycles		a hardware event beside the clock: a sample with nmi=1 is its
 *	end t=			the last instant of the recording
 *	raise|entry|exit	cpu= t= vec=net_rx [tid=] [flags=0x80]
 *	tick			cpu= t= [tid=] [flags=]		the local timer's entry and exit
 *	busy			cpu= from= to= every= tid= [comm=] [flags=] [mode=] stack=
 *				ticks and samples
 *	irq_entry|irq_exit	cpu= t= irq= name= [tid=]
 *	sample			cpu= t= tid= [comm=] [mode=kernel|user] [arg0=] [if=0|1]
 *				stack=outer;…;inner
 *	switch			cpu= t= prev=COMM/TID next=COMM/TID [state=R|S] [prio=] [prev_prio=]
 *	wake			cpu= t= comm= tid= target=
 *	func_entry|func_exit	cpu= t= func=	a timer's function; the same with tasklet_,
 *				work_ and hrtimer_ in the place of func_
 *	napi_poll		cpu= t= dev= work=	at the end of a poll
 *	drop			cpu= t= reason= | retransmit cpu= t=
 *	reclaim_begin|reclaim_end	cpu= t= tid=
 *	task t= tid= pid= ppid= comm= | fd t= tid= fd= path= | cgroup t= tid= text=
 *	softnet cpu= t= processed= dropped= squeezed=
 *	self t= pid= ns= (sirqprof itself) | steal cpu= t= ns= | clock t= real= (EPOCH seconds)
 *	lost cpu= t= n=
 *	aux|itrace_start|text_poke cpu= t= | auxtrace cpu= bytes=	what perf record adds
 *				for a hardware trace, and where the kernel patched itself
 *
 * Anything else is an error that names the line. '#' begins a comment.
 */
#include "mkperf.h"

_Noreturn void mk_die(const struct mkperf *m, const char *what)
{
	fprintf(stderr, "mkperf: line %u: %s%s%s\n", m->line, what, m->err.text[0] ? ": " : "",
		m->err.text);
	exit(1);
}

static int to_stdout(void *self, const struct sp_record *r, struct sp_err *err)
{
	(void)self;
	if (fwrite(r->data, 1, r->size, stdout) != r->size)
		return sp_fail_sys(err, "writing");
	return SP_OK;
}

/* The value of key= in the line; NULL if it is not there. At most one is asked for at a time of
 * each slot, so that several can be used in one call. */
static const char *value(const char *line, const char *key)
{
	static char slots[8][1024];
	static unsigned int next;
	char *to = slots[next++ % 8];
	size_t len = strlen(key);

	for (const char *at = line; (at = strstr(at, key)); at += len)
		if ((at == line || at[-1] == ' ' || at[-1] == '\t') && at[len] == '=') {
			at += len + 1;
			snprintf(to, sizeof(slots[0]), "%.*s", (int)strcspn(at, " \t\n"), at);
			return to;
		}
	return NULL;
}

static const char *need(const struct mkperf *m, const char *line, const char *key)
{
	const char *v = value(line, key);

	if (!v) {
		fprintf(stderr, "mkperf: line %u: %s= is missing\n", m->line, key);
		exit(1);
	}
	return v;
}

static uint64_t ns_of(const struct mkperf *m, const char *text)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 } };
	char *end;
	double v = strtod(text, &end);

	for (size_t i = 0; i < 4; i++)
		if (strcmp(end, units[i].unit) == 0)
			return (uint64_t)(v * units[i].ns + 0.5);
	mk_die(m, "a time needs a unit: ns, us, ms or s");
}

static uint64_t at_of(const struct mkperf *m, const char *line, const char *key)
{
	return BASE_NS + ns_of(m, need(m, line, key));
}

static uint64_t num(const char *line, const char *key, uint64_t other)
{
	const char *v = value(line, key);

	return v ? strtoull(v, NULL, 0) : other;
}

static void put_ksym(struct mkperf *m, uint64_t addr, uint64_t start_addr, const char *name)
{
	fact_begin(m->stream, SP_FACT_KSYM, BASE_NS, UINT32_MAX);
	fact_u64(m->stream, addr);
	fact_u64(m->stream, start_addr);
	fact_str(m->stream, name);
	fact_str(m->stream, "[kernel.kallsyms]");
	if (fact_end(m->stream, &m->err))
		mk_die(m, "writing");
}

/* The address of a function; named on its first use, for every offset that is looked up. */
static uint64_t function(struct mkperf *m, const char *name, size_t len)
{
	uint64_t addr;

	for (uint32_t i = 0; i < m->nnames; i++)
		if (strlen(m->names[i]) == len && strncmp(m->names[i], name, len) == 0)
			return TEXT_AT + i * 0x1000ULL;
	if (m->nnames == NAMES_MAX)
		mk_die(m, "too many functions");
	addr = TEXT_AT + m->nnames * 0x1000ULL;
	m->names[m->nnames++] = strndup(name, len);
	put_ksym(m, addr, addr, m->names[m->nnames - 1]);
	put_ksym(m, addr + 0x10, addr, m->names[m->nnames - 1]);
	put_ksym(m, addr + 0x20, addr, m->names[m->nnames - 1]);
	return addr;
}

static void put_task(struct mkperf *m, uint64_t at_ns, uint32_t tid, uint32_t pid, uint32_t ppid,
		     const char *comm)
{
	fact_begin(m->stream, SP_FACT_TASK, at_ns, UINT32_MAX);
	fact_u32(m->stream, tid);
	fact_u32(m->stream, pid);
	fact_u32(m->stream, ppid);
	fact_str(m->stream, comm);
	if (fact_end(m->stream, &m->err))
		mk_die(m, "writing");
}

static void put_sample(struct mkperf *m, const char *line, uint64_t at_ns)
{
	const char *stack = need(m, line, "stack"), *comm = value(line, "comm");
	const char *mode = value(line, "mode");
	bool user = mode && strcmp(mode, "user") == 0;
	uint64_t chain[130], n = 0, tid = num(line, "tid", 0);
	struct bytes b = { 0 };
	const char *at = stack + strlen(stack);

	if (comm)
		put_task(m, at_ns - 1, (uint32_t)tid, (uint32_t)num(line, "pid", tid), 0, comm);
	chain[n++] = (uint64_t)(user ? PERF_CONTEXT_USER : PERF_CONTEXT_KERNEL);
	while (at > stack && n < 128) { /* innermost first */
		const char *from = at;

		while (from > stack && from[-1] != ';')
			from--;
		chain[n] = user ? 0x400000 + n * 0x10
				: function(m, from, (size_t)(at - from)) + (n == 1 ? 0x10 : 0x21);
		n++;
		at = from > stack ? from - 1 : from;
	}
	mk_begin(&b);
	bytes_u64(&b, m->cycles && !num(line, "nmi", 0) ? EV_CLOCK : EV_SAMPLER);
	bytes_u64(&b, chain[1]);
	bytes_u32(&b, (uint32_t)num(line, "pid", tid));
	bytes_u32(&b, (uint32_t)tid);
	bytes_u64(&b, at_ns);
	bytes_u64(&b, num(line, "cpu", 0));
	bytes_u64(&b, n);
	bytes_put(&b, chain, n * sizeof(chain[0]));
	bytes_u64(&b, value(line, "arg0") ? PERF_SAMPLE_REGS_ABI_64 : 0);
	if (value(line, "arg0"))
		bytes_u64(&b, num(line, "arg0", 0));
	bytes_u64(&b, value(line, "if") ? PERF_SAMPLE_REGS_ABI_64 : 0);
	if (value(line, "if"))
		bytes_u64(&b, num(line, "if", 1) ? 0x200 : 0);
	mk_put(m, &b, PERF_RECORD_SAMPLE, user ? PERF_RECORD_MISC_USER : PERF_RECORD_MISC_KERNEL,
	       b.len);
	bytes_free(&b);
}

/* A tracepoint's record: fields are put at their offsets in raw. */
struct point_raw {
	uint8_t at[64];
	uint32_t size;
};

static void set_int(struct point_raw *r, uint32_t offset, uint32_t size, uint64_t v)
{
	memcpy(r->at + offset, &v, size);
	r->size = r->size > offset + size ? r->size : offset + size;
}

static void set_str(struct point_raw *r, uint32_t offset, uint32_t size, const char *text)
{
	snprintf((char *)r->at + offset, size, "%s", text);
	r->size = r->size > offset + size ? r->size : offset + size;
}

static void put_point(struct mkperf *m, uint32_t id, const char *line, uint64_t at_ns,
		      struct point_raw *r)
{
	struct bytes b = { 0 };
	uint32_t size;

	set_int(r, 0, 2, id);
	set_int(r, 2, 1, num(line, "flags", 0));
	set_int(r, 4, 4, num(line, "tid", 0));
	while ((4 + r->size) % 8)
		r->size++;
	size = r->size;
	mk_begin(&b);
	bytes_u64(&b, id);
	bytes_u64(&b, at_ns);
	bytes_u64(&b, num(line, "cpu", 0));
	bytes_u32(&b, size);
	bytes_put(&b, r->at, size);
	mk_put(m, &b, PERF_RECORD_SAMPLE, PERF_RECORD_MISC_KERNEL, b.len);
	bytes_free(&b);
}

static uint32_t vector(const struct mkperf *m, const char *line)
{
	const char *name = need(m, line, "vec");

	for (uint32_t v = 0; v < SP_NR_VECS; v++)
		if (strcasecmp(name, sp_vec_name(v)) == 0)
			return v;
	mk_die(m, "no such softirq vector");
}

static void put_tick(struct mkperf *m, const char *line, uint64_t at_ns)
{
	struct point_raw entry = { 0 }, exit_ = { 0 };

	set_int(&entry, 8, 4, 236);
	put_point(m, EV_TICK_ENTRY, line, at_ns, &entry);
	set_int(&exit_, 8, 4, 236);
	put_point(m, EV_TICK_EXIT, line, at_ns + TICK_NS, &exit_);
}

static void put_busy(struct mkperf *m, const char *line)
{
	uint64_t from = at_of(m, line, "from"), to = at_of(m, line, "to");
	uint64_t every = ns_of(m, need(m, line, "every"));

	for (uint64_t t = from; every && t <= to; t += every) {
		put_tick(m, line, t);
		put_sample(m, line, t + 1000);
	}
}

/* "comm/tid" */
static uint32_t split_task(const struct mkperf *m, const char *text, char comm[16])
{
	const char *slash = strrchr(text, '/');

	if (!slash)
		mk_die(m, "a task is COMM/TID");
	snprintf(comm, 16, "%.*s", (int)(slash - text), text);
	return (uint32_t)strtoul(slash + 1, NULL, 10);
}

static void put_switch(struct mkperf *m, const char *line)
{
	struct point_raw r = { 0 };
	const char *state = value(line, "state");
	char comm[16];

	set_int(&r, 24, 4, split_task(m, need(m, line, "prev"), comm));
	set_str(&r, 8, 16, comm);
	set_int(&r, 28, 4, num(line, "prev_prio", 120));
	set_int(&r, 32, 8, state && *state == 'R' ? 0 : 1);
	set_int(&r, 56, 4, split_task(m, need(m, line, "next"), comm));
	set_str(&r, 40, 16, comm);
	set_int(&r, 60, 4, num(line, "prio", 120));
	put_point(m, EV_SWITCH, line, at_of(m, line, "t"), &r);
}

static void put_wake(struct mkperf *m, const char *line)
{
	struct point_raw r = { 0 };

	set_str(&r, 8, 16, need(m, line, "comm"));
	set_int(&r, 24, 4, num(line, "tid", 0));
	set_int(&r, 28, 4, 120);
	set_int(&r, 32, 4, num(line, "target", 0));
	put_point(m, EV_WAKE, line, at_of(m, line, "t"), &r);
}

static void put_irq(struct mkperf *m, const char *line, uint32_t id)
{
	struct point_raw r = { 0 };

	set_int(&r, 8, 4, num(line, "irq", 0));
	if (id == EV_IRQ_ENTRY)
		set_str(&r, 12, 24, need(m, line, "name"));
	else
		set_int(&r, 12, 4, 1);
	put_point(m, id, line, at_of(m, line, "t"), &r);
}

static void put_plain(struct mkperf *m, const char *line, uint32_t id)
{
	const char *func = value(line, "func"), *reason = value(line, "reason");
	struct point_raw r = { 0 };

	set_int(&r, 8, 8,
		id == EV_RAISE || id == EV_ENTRY || id == EV_EXIT ? vector(m, line) : 0x1234);
	if (id == EV_FUNC_ENTRY || id == EV_TASKLET_ENTRY || id == EV_WORK_ENTRY ||
	    id == EV_HRTIMER_ENTRY)
		set_int(&r, 16, 8,
			function(m, func ? func : "timer", strlen(func ? func : "timer")));
	if (id == EV_DROP)
		set_int(&r, 16, 4, reason && strcmp(reason, "PFMEMALLOC") == 0 ? 123 : 81);
	put_point(m, id, line, at_of(m, line, "t"), &r);
}

static void put_poll(struct mkperf *m, const char *line)
{
	struct point_raw r = { 0 };

	set_str(&r, 8, 24, need(m, line, "dev"));
	set_int(&r, 32, 4, num(line, "work", 1));
	set_int(&r, 36, 4, 64);
	put_point(m, EV_NAPI_POLL, line, at_of(m, line, "t"), &r);
}

/* TID TIME CPU IDENTIFIER, as the attrs say (sample_id_all). */
static void put_trailer(struct mkperf *m, struct bytes *b, const char *line)
{
	bytes_u64(b, 0);
	bytes_u64(b, at_of(m, line, "t"));
	bytes_u64(b, num(line, "cpu", 0));
	bytes_u64(b, EV_SAMPLER);
}

static void put_lost(struct mkperf *m, const char *line)
{
	struct bytes b = { 0 };

	mk_begin(&b);
	bytes_u64(&b, EV_SAMPLER);
	bytes_u64(&b, num(line, "n", 1));
	put_trailer(m, &b, line);
	mk_put(m, &b, PERF_RECORD_LOST, 0, b.len);
	bytes_free(&b);
}

/* perf_event.h, PERF_RECORD_AUX, _ITRACE_START and _TEXT_POKE; event.h of tools/lib/perf, struct
 * perf_record_auxtrace: its bytes follow the record, and its size does not count them. */
static bool put_passed_over(struct mkperf *m, const char *word, const char *line)
{
	struct bytes b = { 0 };
	uint32_t type = PERF_RECORD_AUX;
	size_t size;

	mk_begin(&b);
	if (strcmp(word, "aux") == 0) {
		bytes_u64(&b, 0);   /* offset */
		bytes_u64(&b, 256); /* size */
		bytes_u64(&b, 1);   /* flags: truncated */
	} else if (strcmp(word, "itrace_start") == 0) {
		type = PERF_RECORD_ITRACE_START;
		bytes_u64(&b, 7 | 7ULL << 32); /* pid, tid */
	} else if (strcmp(word, "text_poke") == 0) {
		type = PERF_RECORD_TEXT_POKE;
		bytes_u64(&b, TEXT_AT);
		bytes_put(&b, "\5\0\5\0\x0f\x1f\x44\0\0\xe8\1\2\3\4", 14); /* nop → call */
		bytes_align(&b, 8);
	} else if (strcmp(word, "auxtrace") == 0) {
		type = SP_REC_AUXTRACE;
		bytes_u64(&b, num(line, "bytes", 0));
		for (int i = 0; i < 2; i++)
			bytes_u64(&b, 0); /* offset, reference */
		bytes_u64(&b, 7ULL << 32);
		bytes_u64(&b, num(line, "cpu", 0));
	} else {
		bytes_free(&b);
		return false;
	}
	if (type != SP_REC_AUXTRACE)
		put_trailer(m, &b, line);
	size = b.len;
	/* Bytes that would be a record, were they read as one. */
	for (uint64_t i = 0; type == SP_REC_AUXTRACE && i < num(line, "bytes", 0); i++)
		bytes_put(&b, &"\x09\0\0\0\1\0\x18\0"[i % 8], 1);
	mk_put(m, &b, type, 0, size);
	bytes_free(&b);
	return true;
}

/* Facts by name; false for another word. */
static bool put_fact(struct mkperf *m, const char *word, const char *line)
{
	struct stream *s = m->stream;

	if (strcmp(word, "task") == 0) {
		put_task(m, at_of(m, line, "t"), (uint32_t)num(line, "tid", 0),
			 (uint32_t)num(line, "pid", 0), (uint32_t)num(line, "ppid", 0),
			 need(m, line, "comm"));
		return true;
	}
	if (strcmp(word, "clock") == 0) {
		mk_clock(m, at_of(m, line, "t"),
			 (uint64_t)(strtold(need(m, line, "real"), NULL) * 1e9L));
		return true;
	}
	if (strcmp(word, "fd") == 0) {
		fact_begin(s, SP_FACT_FDS, at_of(m, line, "t"), UINT32_MAX);
		fact_u32(s, (uint32_t)num(line, "tid", 0));
		fact_u32(s, 1);
		fact_u32(s, (uint32_t)num(line, "fd", 0));
		fact_str(s, need(m, line, "path"));
	} else if (strcmp(word, "cgroup") == 0) {
		fact_begin(s, SP_FACT_CGROUP, at_of(m, line, "t"), UINT32_MAX);
		fact_u32(s, (uint32_t)num(line, "tid", 0));
		fact_str(s, need(m, line, "text"));
	} else if (strcmp(word, "softnet") == 0) {
		fact_begin(s, SP_FACT_SOFTNET, at_of(m, line, "t"), (uint32_t)num(line, "cpu", 0));
		fact_u64(s, num(line, "processed", 0));
		fact_u64(s, num(line, "dropped", 0));
		fact_u64(s, num(line, "squeezed", 0));
	} else if (strcmp(word, "self") == 0) {
		fact_begin(s, SP_FACT_SELF, at_of(m, line, "t"), UINT32_MAX);
		fact_u32(s, (uint32_t)num(line, "pid", 0));
		fact_u64(s, num(line, "ns", 0));
	} else if (strcmp(word, "steal") == 0) {
		fact_begin(s, SP_FACT_STEAL, at_of(m, line, "t"), (uint32_t)num(line, "cpu", 0));
		fact_u64(s, num(line, "ns", 0));
		fact_u64(s, 10000000);
	} else {
		return false;
	}
	if (fact_end(s, &m->err))
		mk_die(m, "writing");
	return true;
}

static bool put_named_point(struct mkperf *m, const char *word, const char *line)
{
	static const struct {
		const char *word;
		uint32_t id;
	} plain[] = { { "raise", EV_RAISE },
		      { "entry", EV_ENTRY },
		      { "exit", EV_EXIT },
		      { "func_entry", EV_FUNC_ENTRY },
		      { "func_exit", EV_FUNC_EXIT },
		      { "tasklet_entry", EV_TASKLET_ENTRY },
		      { "tasklet_exit", EV_TASKLET_EXIT },
		      { "work_entry", EV_WORK_ENTRY },
		      { "work_exit", EV_WORK_EXIT },
		      { "hrtimer_entry", EV_HRTIMER_ENTRY },
		      { "hrtimer_exit", EV_HRTIMER_EXIT },
		      { "retransmit", EV_RETRANSMIT },
		      { "drop", EV_DROP },
		      { "reclaim_begin", EV_RECLAIM_BEGIN },
		      { "reclaim_end", EV_RECLAIM_END } };

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (strcmp(word, plain[i].word) == 0) {
			put_plain(m, line, plain[i].id);
			return true;
		}
	return false;
}

static void on_event(struct mkperf *m, const char *word, const char *line)
{
	if (strcmp(word, "tick") == 0)
		put_tick(m, line, at_of(m, line, "t"));
	else if (strcmp(word, "busy") == 0)
		put_busy(m, line);
	else if (strcmp(word, "sample") == 0)
		put_sample(m, line, at_of(m, line, "t"));
	else if (strcmp(word, "switch") == 0)
		put_switch(m, line);
	else if (strcmp(word, "wake") == 0)
		put_wake(m, line);
	else if (strcmp(word, "irq_entry") == 0)
		put_irq(m, line, EV_IRQ_ENTRY);
	else if (strcmp(word, "irq_exit") == 0)
		put_irq(m, line, EV_IRQ_EXIT);
	else if (strcmp(word, "napi_poll") == 0)
		put_poll(m, line);
	else if (strcmp(word, "lost") == 0)
		put_lost(m, line);
	else if (strcmp(word, "end") == 0)
		m->end_ns = at_of(m, line, "t");
	else if (!put_named_point(m, word, line) && !put_passed_over(m, word, line) &&
		 !put_fact(m, word, line))
		mk_die(m, "no such word");
}

static void on_line(struct mkperf *m, char *line)
{
	char word[32] = "", rest[64] = "";

	line[strcspn(line, "#\n")] = 0;
	if (sscanf(line, "%31s %63s", word, rest) < 1)
		return;
	if (strcmp(word, "host") == 0) {
		snprintf(m->host, sizeof(m->host), "%s", rest);
	} else if (strcmp(word, "kernel") == 0) {
		snprintf(m->kernel, sizeof(m->kernel), "%s", rest);
	} else if (strcmp(word, "begin") == 0) {
		m->real_ns = (uint64_t)(strtold(rest, NULL) * 1e9L);
	} else if (strcmp(word, "sampler") == 0) {
		m->cycles = strcmp(rest, "cycles") == 0;
	} else if (strcmp(word, "period") == 0) {
		m->period_ns = ns_of(m, rest);
	} else {
		if (!m->started)
			mk_start(m);
		on_event(m, word, line);
	}
}

int main(void)
{
	static struct mkperf m = { .period_ns = 1000000,
				   .host = "made",
				   .kernel = "6.1.0",
				   .real_ns = 1600000000000000000ULL,
				   .err = SP_ERR_INIT };
	char line[2048];

	m.out = (struct sp_record_sink){ to_stdout, &m };
	if (stream_new(&m.stream, m.out, &m.err))
		mk_die(&m, "starting");
	while (fgets(line, sizeof(line), stdin)) {
		m.line++;
		on_line(&m, line);
	}
	if (!m.started)
		mk_start(&m);
	if (m.end_ns)
		mk_clock(&m, m.end_ns, m.real_ns + (m.end_ns - BASE_NS));
	if (stream_round(m.stream, &m.err) || fflush(stdout))
		mk_die(&m, "writing");
	for (uint32_t i = 0; i < m.nnames; i++)
		free(m.names[i]);
	stream_free(m.stream);
	return 0;
}
