#ifndef MKPERF_H
#define MKPERF_H

/* What mkperf.c (a line → records) and mkperfhead.c (what stands before the first event) share. */
#include "bytes.h"
#include "header.h"
#include "stream.h"

#include <sirqprof/event.h>
#include <sirqprof/perfdata.h>
#include <sirqprof/stall.h>

#include <inttypes.h>
#include <stdlib.h>
#include <strings.h>

#define BASE_NS	  1000000000000ULL /* CLOCK_MONOTONIC of the begin: 1000 s */
#define TEXT_AT	  0xffffffff81000000ULL
#define NAMES_MAX 1024
#define TICK_NS	  5000 /* how long the timer's interrupt takes */

enum {
	EV_SAMPLER = 1,
	EV_RAISE,
	EV_ENTRY,
	EV_EXIT,
	EV_TICK_ENTRY,
	EV_TICK_EXIT,
	EV_IRQ_ENTRY,
	EV_IRQ_EXIT,
	EV_SWITCH,
	EV_WAKE,
	EV_FUNC_ENTRY,
	EV_FUNC_EXIT,
	EV_DROP,
	EV_RECLAIM_BEGIN,
	EV_RECLAIM_END,
	EV_TASKLET_ENTRY,
	EV_TASKLET_EXIT,
	EV_WORK_ENTRY,
	EV_WORK_EXIT,
	EV_HRTIMER_ENTRY,
	EV_HRTIMER_EXIT,
	EV_NAPI_POLL,
	EV_RETRANSMIT,
	EV_MAX,
	EV_CLOCK, /* the clock beside a hardware sampler */
};

struct mkperf {
	struct sp_record_sink out;
	struct stream *stream;
	uint64_t period_ns, end_ns, real_ns;
	char host[64], kernel[64];
	bool started, cycles;
	char *names[NAMES_MAX];
	uint32_t nnames;
	unsigned int line;
	struct sp_err err;
};

/* Ends the program with the line's number. */
_Noreturn void mk_die(const struct mkperf *m, const char *what);

/* b begins a record: 8 bytes for its header. mk_put() writes b, whose header says size. */
void mk_begin(struct bytes *b);
void mk_put(struct mkperf *m, struct bytes *b, uint32_t type, uint16_t misc, size_t size);

/* A pair of the capture's clock and the wall's, as a fact. */
void mk_clock(struct mkperf *m, uint64_t at_ns, uint64_t real_ns);

/* Header, events, tracepoint formats and facts of the host; once, before the first event. */
void mk_start(struct mkperf *m);

#endif
