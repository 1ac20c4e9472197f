#ifndef SAMPLE_H
#define SAMPLE_H

/*
 * The bytes of a PERF_RECORD_SAMPLE, by the event's sample_type
 * (include/uapi/linux/perf_event.h, the comment at PERF_RECORD_SAMPLE: order and sizes).
 */
#include "attrs.h"

struct raw_sample {
	uint64_t id, ip, time_ns, period;
	uint32_t pid, tid, cpu;
	bool has_tid, has_time, has_cpu;
	const uint64_t *chain; /* may be unaligned; NULL: none */
	uint32_t nchain;
	const uint8_t *raw; /* tracepoint or fact; NULL: none */
	uint32_t raw_size;
	uint64_t user_abi, intr_abi;
	const uint8_t *user_regs, *intr_regs; /* one u64 a bit of the attr's mask; NULL: none */
	const uint8_t *stack;
	uint64_t stack_size; /* bytes of it that are real */
};

/* Fills a->layout, for samples that can be read by fixed offsets. Without it they are read field by
 * field. */
void sample_bind(struct attr *a);

/* Reads body, the record without its header. False when the fields do not fit into it. */
bool sample_parse(const struct attr *a, struct sp_span body, struct raw_sample *ret);

/* The trailing sample_id of a record that is no sample, cut off from its body. False when the event
 * has none or it does not fit: the body is left whole then. */
bool sample_trailer(const struct attr *a, struct sp_span *body, struct raw_sample *ret);

/* Its bytes, 0 when the event has none. */
size_t sample_trailer_size(const struct attr *a);

/* Its size and where its id stands, as one number below 32. Of such a number: the bytes, and how
 * far before the end the id stands, 0: nowhere. */
uint32_t sample_trailer_shape(const struct attr *a);

static inline size_t sample_shape_size(uint32_t shape)
{
	return 8U * (shape >> 2);
}

static inline size_t sample_shape_id_pos(uint32_t shape)
{
	return 8U * (shape & 3);
}

/* Where in a sample (from its begin) or trailer (from its end) the id stands; −1: nowhere. */
int sample_id_pos(uint64_t sample_type);
int sample_trailer_id_pos(uint64_t sample_type);

#endif
