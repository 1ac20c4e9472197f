#include "truesize.h"

#include "sample.h"

#include <linux/perf_event.h>
#include <sirqprof/span.h>

#include <string.h>

#define HEADER 8U

static size_t align8(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

/* Header and own fields of the types in question; 0: another type, or they do not fit. */
static size_t own_size(const struct sp_record *r)
{
	struct sp_span in = sp_span_of(r->data + HEADER, r->size - HEADER, r->swap);
	size_t size = 0, len;

	switch (r->type) {
	case PERF_RECORD_KSYMBOL:
		sp_span_skip(&in, 16); /* addr, len, type, flags */
		len = strnlen((const char *)in.at, sp_span_left(&in));
		size = HEADER + 16 + align8(len + 1);
		break;
	case PERF_RECORD_BPF_EVENT:
		size = HEADER + 16; /* type, flags, id, tag */
		break;
	case PERF_RECORD_TEXT_POKE:
		sp_span_skip(&in, 8); /* addr */
		len = sp_span_u16(&in);
		len += sp_span_u16(&in);
		size = HEADER + align8(12 + len);
		break;
	default:
		break;
	}
	return in.over || size > r->size ? 0 : size;
}

/* Whether a trailer of that event ends there: by its id, where it has one. */
static bool ends_at(const struct sp_record *r, struct attrs *attrs, uint32_t index, size_t end)
{
	const struct attr *a = attrs_at(attrs, index);
	int pos = sample_trailer_id_pos(a->sample_type);
	const struct attr_id *id;
	struct sp_span in;

	if (pos < 0)
		return true;
	in = sp_span_of(r->data + end - pos, sizeof(uint64_t), r->swap);
	id = attrs_find(attrs, sp_span_u64(&in));
	return id && id->attr == index;
}

uint64_t truesize(const struct sp_record *r, struct attrs *attrs, bool *ret_trailer)
{
	size_t own = own_size(r);

	*ret_trailer = true;
	if (!own)
		return r->size;
	for (uint32_t i = 0; i < attrs_count(attrs); i++) {
		size_t trailer = sample_trailer_size(attrs_at(attrs, i));

		if (trailer && trailer <= r->size - own && ends_at(r, attrs, i, own + trailer))
			return own + trailer;
	}
	*ret_trailer = false;
	return own;
}
