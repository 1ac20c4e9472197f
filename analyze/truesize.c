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

/* Whether a trailer of that shape ends there: by its id, which an event of that shape has. */
static bool ends_at(const struct sp_record *r, struct attrs *attrs, uint32_t shape, size_t end)
{
	size_t pos = sample_shape_id_pos(shape);
	const struct attr_id *id;
	struct sp_span in;

	in = sp_span_of(r->data + end - pos, sizeof(uint64_t), r->swap);
	id = attrs_find(attrs, sp_span_u64(&in));
	return id && sample_trailer_shape(attrs_at(attrs, id->attr)) == shape;
}

uint64_t truesize(const struct sp_record *r, struct attrs *attrs, bool *ret_trailer)
{
	size_t own = own_size(r), without_id = 0;
	bool due = false, fits = false;

	*ret_trailer = true;
	if (!own)
		return r->size;
	/* However many events there are, their trailers have few shapes. */
	for (uint32_t shapes = attrs->trailers; shapes; shapes &= shapes - 1) {
		uint32_t shape = (uint32_t)__builtin_ctz(shapes);
		size_t trailer = sample_shape_size(shape);

		due |= trailer != 0;
		if (!trailer || trailer > r->size - own)
			continue;
		fits = true;
		if (!sample_shape_id_pos(shape))
			without_id = without_id ? without_id : trailer;
		else if (ends_at(r, attrs, shape, own + trailer))
			return own + trailer;
	}
	/* No room for one: it is not too long, it is no such record. */
	if (due && !fits)
		return r->size;
	*ret_trailer = without_id != 0;
	return own + without_id;
}
