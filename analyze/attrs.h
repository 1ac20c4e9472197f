#ifndef ATTRS_H
#define ATTRS_H

/*
 * The events of a recording: what each record's bytes mean.
 *
 * In:    HEADER_ATTR, EVENT_UPDATE, EVENT_DESC, ID_INDEX
 * Out:   the event of an id, and the id's CPU
 * Keeps: one struct attr an event, one slot an id
 */
#include <sirqprof/event.h>
#include <sirqprof/own.h>
#include <sirqprof/span.h>

/* Where the fields of a plain sample stand, from behind its header; −1: it has none. Plain: nothing
 * but fixed fields, then callchain and raw bytes, which is what tracepoints have (sample.c). */
struct sample_layout {
	bool plain, chain, raw;
	uint16_t fixed; /* bytes before the callchain */
	int16_t id, ip, tid, time, cpu, period;
};

/* The parts of struct perf_event_attr that decoding needs (include/uapi/linux/perf_event.h). */
struct attr {
	uint32_t type;
	uint64_t config;
	uint64_t sample_period; /* or frequency */
	uint64_t sample_type;
	uint64_t read_format;
	uint64_t branch_sample_type;
	uint64_t sample_regs_user, sample_regs_intr;
	uint32_t sample_stack_user;
	bool freq, sample_id_all, use_clockid, context_switch;
	int32_t clockid;
	char name[96];
	struct sample_layout layout;
	void *bound;  /* decode's own, NULL until it looked */
	uint8_t kind; /* decode's own */
};

struct attr_id {
	uint64_t id;
	uint32_t attr;
	uint32_t cpu; /* SP_NO_CPU: not told */
};

struct attrs;

int attrs_new(struct attrs **ret, struct sp_err *err);
void attrs_free(struct attrs *a);

/* Body of a HEADER_ATTR record: attr, then ids. */
int attrs_add(struct attrs *a, struct sp_span in, struct sp_err *err);

/* Body of an EVENT_UPDATE, of the EVENT_DESC feature, of an ID_INDEX record. */
int attrs_update(struct attrs *a, struct sp_span in, struct sp_err *err);
int attrs_describe(struct attrs *a, struct sp_span in, struct sp_err *err);
int attrs_index(struct attrs *a, struct sp_span in, struct sp_err *err);

uint32_t attrs_count(const struct attrs *a);
struct attr *attrs_at(struct attrs *a, uint32_t index);

/* The id's entry; NULL for an id that no event has. */
const struct attr_id *attrs_find(struct attrs *a, uint64_t id);

SP_DEFINE_FREEP(attrs);

#endif
