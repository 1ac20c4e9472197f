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

/* Where the fields of a softirq tracepoint stand in its RAW bytes; type 0: it is none, or they are
 * not of the usual sizes (softirq.c). */
struct softirq_layout {
	uint16_t type; /* enum sp_event_type */
	uint16_t flags, preempt_count, pid, vec;
	uint32_t least; /* bytes of RAW that all of them take */
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
	bool freq, sample_id_all, use_clockid, build_id;
	int32_t clockid;
	char name[96];
	struct sample_layout layout;
	struct softirq_layout softirq;
	void *bound;  /* decode's own, NULL until it looked */
	uint8_t kind; /* decode's own */
};

struct attr_id {
	uint64_t id;
	uint32_t attr;
	uint32_t cpu; /* SP_NO_CPU: not told */
};

/* Open to be looked up inline: every record asks. */
struct attrs {
	struct attr *at;
	uint32_t n, room;
	struct attr_id *slots; /* open addressing; attr == UINT32_MAX: empty */
	uint32_t nslots, nids;
	uint32_t trailers; /* a bit for each sample_trailer_shape() there is */
	bool build_ids;	   /* some event asked for build-ids in mappings */
	uint32_t shift;	   /* the slot is in the upper bits of id * factor */
	uint64_t factor;
};

int attrs_new(struct attrs **ret, struct sp_err *err);
void attrs_free(struct attrs *a);

/* Body of a HEADER_ATTR record: attr, then ids. */
int attrs_add(struct attrs *a, struct sp_span in, struct sp_err *err);

/* Body of an EVENT_UPDATE, of the EVENT_DESC feature, of an ID_INDEX record. */
int attrs_update(struct attrs *a, struct sp_span in, struct sp_err *err);
int attrs_describe(struct attrs *a, struct sp_span in, struct sp_err *err);
int attrs_index(struct attrs *a, struct sp_span in, struct sp_err *err);

static inline uint32_t attrs_count(const struct attrs *a)
{
	return a->n;
}

static inline struct attr *attrs_at(struct attrs *a, uint32_t index)
{
	return index < a->n ? &a->at[index] : NULL;
}

/* The slot where the id is or belongs; there are slots. */
static inline struct attr_id *attrs_slot(const struct attrs *a, uint64_t id)
{
	uint32_t at = (uint32_t)(id * a->factor >> a->shift);

	while (a->slots[at].attr != UINT32_MAX && a->slots[at].id != id)
		at = (at + 1) & (a->nslots - 1);
	return &a->slots[at];
}

/* The id's entry; NULL for an id that no event has. */
static inline const struct attr_id *attrs_find(const struct attrs *a, uint64_t id)
{
	const struct attr_id *s = a->nslots ? attrs_slot(a, id) : NULL;

	return s && s->attr != UINT32_MAX ? s : NULL;
}

SP_DEFINE_FREEP(attrs);

#endif
