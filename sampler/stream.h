#ifndef STREAM_H
#define STREAM_H

/*
 * Records that the kernel does not make: the stream's header, rounds and sirqprof's own facts.
 *
 * In:    the plan, the ids of the opened events, facts as they are observed
 * Out:   perf.data pipe-mode records (record.h) into one sink
 * Keeps: one buffer
 */
#include "plan.h"

#include <sirqprof/facts.h>
#include <sirqprof/record.h>

/* One opened event: what ID_INDEX tells. */
struct stream_id {
	uint64_t id;
	uint32_t event; /* index into plan->events */
	uint32_t cpu;
};

struct stream;

/* The sink is borrowed and takes every record. */
int stream_new(struct stream **ret, struct sp_record_sink out, struct sp_err *err);
void stream_free(struct stream *s);

/* HEADER_ATTR, EVENT_UPDATE, ID_INDEX, HEADER_FEATURE and HEADER_TRACING_DATA for all of it. */
int stream_header(struct stream *s, const struct plan *p, const struct stream_id *ids,
		  uint32_t nids, struct tracefs *t, struct sp_err *err);

int stream_round(struct stream *s, struct sp_err *err);

/* A record as it is, e.g. from a ring. */
int stream_record(struct stream *s, const uint8_t *data, uint16_t size, struct sp_err *err);

/* A fact: fact_begin(), then the body's fields, then fact_end(). cpu SP_NO_CPU (~0): about none. */
void fact_begin(struct stream *s, enum sp_fact_kind kind, uint64_t time_ns, uint32_t cpu);
void fact_u32(struct stream *s, uint32_t v);
void fact_u64(struct stream *s, uint64_t v);
void fact_str(struct stream *s, const char *text);
int fact_end(struct stream *s, struct sp_err *err);

/* Whether text still fits into the fact that was begun. */
bool fact_room(const struct stream *s, size_t bytes);

int fact_meta(struct stream *s, const char *key, const char *value, struct sp_err *err);
int fact_quality(struct stream *s, enum sp_quality_code code, uint32_t cpu, uint64_t count,
		 const char *detail, struct sp_err *err);

/* CLOCK_MONOTONIC now, in ns. */
uint64_t stream_now(void);

SP_DEFINE_FREEP(stream);

#endif
