#ifndef DECODE_H
#define DECODE_H

/*
 * Records in, typed events out.
 *
 * In:    perf.data records of one stream (record.h), header records first
 * Out:   struct sp_event, in the order of the records; what the stream says of itself
 * Keeps: the stream's events, formats, and counts
 */
#include "stacks.h"
#include "strings.h"

#include <sirqprof/own.h>
#include <sirqprof/record.h>
#include <sirqprof/resolver.h>

/* What a stream says of itself; strings are "" where it does not. */
struct decode_info {
	char host[128], kernel[128], version[128], arch[32];
	char kernel_build_id[64]; /* hex */
	char boot_id[64], capture_id[96];
	int32_t clockid; /* −1: perf's own clock */
	bool has_clockid;
	uint64_t clock_wall_ns, clock_mono_ns; /* CLOCK_DATA; 0: none */
	uint64_t first_ns, last_ns;	       /* SAMPLE_TIME; 0: none */
	char sampler[96];		       /* event that samples */
	uint64_t period_ns;		       /* 0 unknown */
	bool freq_mode;			       /* a hardware event whose period varies */
	bool hardware_sampler;
	bool has_raise, has_entry, has_exit, has_tick, has_irq, has_switch, has_wake; /* whole */
	bool realtime; /* a PREEMPT_RT kernel, as far as the recording tells */
	bool thinned;  /* a tracepoint has period != 1 or frequency mode */
	char thinned_name[96];
	bool has_sparse;  /* beside a whole softirq_entry one with SP_SPARSE_EVERY: sirqprof's own,
			   * whose SP_FACT_THIN say when it counts */
	bool has_bh_flag; /* kernel 5.17 or later */
	bool has_facts;	  /* sirqprof wrote it */
	bool has_tz;
	int32_t tz_offset_s;  /* of the recording host, east of UTC */
	uint32_t witness;     /* CPU, SP_NO_CPU none */
	uint32_t no_formats;  /* tracepoints without format: damaged or killed early */
	uint32_t generation;  /* counts changes of the above */
	uint64_t bad_records; /* samples that do not fit their event */
	uint64_t unknown_records;
	uint64_t counts[256]; /* records by type, for dump --stats */
};

struct decode;

struct decode_parts {
	struct strings *strings; /* borrowed, as all of these */
	struct stacks *stacks;
	const struct sp_resolver *resolver; /* may be NULL; unwinds user stacks */
	struct sp_event_sink sink;
};

int decode_new(struct decode **ret, const struct decode_parts *parts, struct sp_err *err);
void decode_free(struct decode *d);

/* One record. A record that contradicts itself is counted and passed over; errors are those of the
 * sink, SP_ENOMEM and SP_ELIMIT. */
int decode_put(struct decode *d, const struct sp_record *r, struct sp_err *err);

const struct decode_info *decode_info(struct decode *d);

SP_DEFINE_FREEP(decode);

#endif
