#include "line.h"

static void put_number(struct line *l, struct sp_span *in, char kind)
{
	uint64_t v;

	switch (kind) {
	case '1':
		line_put(l, "%u", sp_span_u8(in));
		break;
	case '2':
		line_put(l, "%u", sp_span_u16(in));
		break;
	case '4':
		line_put(l, "%" PRIu32, sp_span_u32(in));
		break;
	case 'i':
		line_put(l, "%" PRId32, (int32_t)sp_span_u32(in));
		break;
	case 'x':
		line_put(l, "%#" PRIx64, sp_span_u64(in));
		break;
	case 't':
		v = sp_span_u64(in);
		line_put(l, "%" PRIu64 ".%09" PRIu64, v / 1000000000, v % 1000000000);
		break;
	default:
		line_put(l, "%" PRIu64, sp_span_u64(in));
	}
}

static size_t size_of(char kind)
{
	return kind == '1' ? 1 : kind == '2' ? 2 : kind == '4' || kind == 'i' ? 4 : 8;
}

static void put_text(struct line *l, struct sp_span *in, char kind)
{
	const uint8_t *nul = sp_span_left(in) ? memchr(in->at, 0, sp_span_left(in)) : NULL;
	size_t len = nul ? (size_t)(nul - in->at) : sp_span_left(in);

	line_text(l, in->at, len);
	sp_span_skip(in, kind == 's' && nul ? len + 1 : sp_span_left(in));
}

void line_fields(struct line *l, struct sp_span *in, const char *fields)
{
	while (*fields) {
		size_t name = strcspn(fields, ":");
		char kind = fields[name + 1];
		bool text = kind == 's' || kind == 'r';

		if (!text && sp_span_left(in) < size_of(kind)) {
			in->over = true;
			return;
		}
		if (!name) {
			sp_span_skip(in, size_of(kind));
		} else {
			line_put(l, "%s%.*s=", l->len ? " " : "", (int)name, fields);
			if (text)
				put_text(l, in, kind);
			else
				put_number(l, in, kind);
		}
		fields += name + 2;
		fields += strspn(fields, " ");
	}
}
