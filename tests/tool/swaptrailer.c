#include "swap.h"

#include <linux/perf_event.h>
#include <string.h>

/* struct sample_id at the end of what is no sample. */
#define PARTS                                                                          \
	(PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ID | PERF_SAMPLE_STREAM_ID | \
	 PERF_SAMPLE_CPU | PERF_SAMPLE_IDENTIFIER)

static size_t size_of(const struct swap_attr *a)
{
	return a->sample_id_all ? 8U * (size_t)__builtin_popcountll(a->sample_type & PARTS) : 0;
}

/* How far before the trailer's end the id stands; 0: nowhere. */
static size_t id_at(const struct swap_attr *a)
{
	uint64_t t = a->sample_type;

	if (t & PERF_SAMPLE_IDENTIFIER)
		return 8;
	return t & PERF_SAMPLE_ID
		       ? 8 + (t & PERF_SAMPLE_CPU ? 8 : 0) + (t & PERF_SAMPLE_STREAM_ID ? 8 : 0)
		       : 0;
}

/* Fields of what the kernel writes too long beside another recorder, padded to eight; 0: another
 * type, or they do not fit. */
static size_t fields_of(uint32_t type, const uint8_t *at, size_t left)
{
	uint16_t old = 0, new = 0;
	size_t size = 0;

	if (type == PERF_RECORD_BPF_EVENT)
		size = 16;
	if (type == PERF_RECORD_KSYMBOL && left >= 16)
		size = 16 + strnlen((const char *)at + 16, left - 16) + 1;
	if (type == PERF_RECORD_TEXT_POKE && left >= 12) {
		memcpy(&old, at + 8, 2);
		memcpy(&new, at + 10, 2);
		size = 12U + old + new;
	}
	size = (size + 7) & ~(size_t)7;
	return size <= left ? size : 0;
}

/* Whether the id of an event with such a trailer stands there. */
static bool is_of(const struct swap *s, const struct swap_attr *a, const uint8_t *end)
{
	uint64_t id;

	memcpy(&id, end - id_at(a), sizeof(id));
	for (uint32_t i = 0; i < s->nids; i++)
		if (s->ids[i].id == id) {
			const struct swap_attr *of = &s->attrs[s->ids[i].attr];

			return size_of(of) == size_of(a) && id_at(of) == id_at(a);
		}
	return false;
}

/* What stands where an id would, and is none here, must be none for the other machine either. The
 * events of a recording have one place for it. */
static void turn_no_id(const struct swap *s, struct swap_bytes *b, size_t fields)
{
	size_t left = (size_t)(b->end - b->at);

	for (uint32_t i = 0; i < s->nattrs; i++) {
		const struct swap_attr *a = &s->attrs[i];
		size_t end = fields + size_of(a);

		if (id_at(a) && size_of(a) && end <= left) {
			struct swap_bytes id = { b->at + end - id_at(a), b->at + end, false };

			swap_64(&id);
			return;
		}
	}
}

/* Cuts a record off behind the trailer that follows its fields; one without room for it is left as
 * it is. False: none follows. */
static bool true_end(const struct swap *s, struct swap_bytes *b, size_t fields)
{
	size_t left = (size_t)(b->end - b->at), without_id = 0;
	bool due = false, fits = false;

	for (uint32_t i = 0; i < s->nattrs; i++) {
		const struct swap_attr *a = &s->attrs[i];
		size_t end = fields + size_of(a);

		due |= size_of(a) != 0;
		if (!size_of(a) || end > left)
			continue;
		fits = true;
		if (!id_at(a)) {
			without_id = end;
		} else if (is_of(s, a, b->at + end)) {
			b->end = b->at + end;
			return true;
		}
	}
	if (due && !fits)
		return true;
	if (!without_id)
		turn_no_id(s, b, fields);
	b->end = b->at + (without_id ? without_id : fields);
	return without_id != 0;
}

void swap_trailer(const struct swap *s, uint32_t type, struct swap_bytes *b)
{
	const struct swap_attr *a = s->nattrs ? &s->attrs[0] : NULL;
	uint64_t t = a && a->sample_id_all ? a->sample_type : 0, last;
	size_t fields = fields_of(type, b->at, (size_t)(b->end - b->at)), size;
	struct swap_bytes id;

	if (fields && !true_end(s, b, fields))
		return;
	if (t & PERF_SAMPLE_IDENTIFIER && b->end - b->at >= 8) {
		memcpy(&last, b->end - 8, 8);
		a = swap_attr_of(s, last);
		t = a ? a->sample_type : t;
	}
	size = 8U * (size_t)__builtin_popcountll(t & PARTS);
	if ((size_t)(b->end - b->at) < size)
		return;
	id = (struct swap_bytes){ b->end - size, b->end, false };
	b->end -= size;
	if (t & PERF_SAMPLE_TID)
		swap_32(&id), swap_32(&id);
	swap_many_64(&id, (uint64_t)__builtin_popcountll(
				  t & (PERF_SAMPLE_TIME | PERF_SAMPLE_ID | PERF_SAMPLE_STREAM_ID)));
	if (t & PERF_SAMPLE_CPU)
		swap_32(&id), swap_32(&id);
	if (t & PERF_SAMPLE_IDENTIFIER)
		swap_64(&id);
}
