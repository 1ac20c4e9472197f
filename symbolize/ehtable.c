#include "ehtable.h"

#include <sirqprof/span.h>

#include <stdlib.h>
#include <string.h>

/* DW_EH_PE_*: how pointers are written (LSB). */
#define PE_ABSPTR 0x00
#define PE_UDATA4 0x03
#define PE_UDATA8 0x04
#define PE_SDATA4 0x0b
#define PE_SDATA8 0x0c
#define PE_PCREL  0x10
#define PE_OMIT	  0xff

void ehtable_free(struct ehtable *t)
{
	free(t->rows);
	*t = (struct ehtable){ 0 };
}

static void skip_leb(struct sp_span *in)
{
	while (!in->over && sp_span_u8(in) & 0x80)
		;
}

static bool is_wide(uint8_t enc)
{
	uint8_t form = enc & 0x0f;

	return form == PE_ABSPTR || form == PE_UDATA8 || form == PE_SDATA8;
}

/* The encoding of addresses in the entries of the CIE that in stands behind the id of. */
static bool cie_encoding(struct sp_span in, uint8_t *ret)
{
	uint8_t version = sp_span_u8(&in), enc;
	const char *aug = sp_span_str(&in);

	*ret = PE_ABSPTR;
	if (in.over || !aug || (version != 1 && version != 3))
		return false;
	if (aug[0] != 'z')
		return aug[0] == 0;
	skip_leb(&in);
	skip_leb(&in);
	if (version == 1)
		sp_span_u8(&in);
	else
		skip_leb(&in);
	skip_leb(&in); /* of the augmentation's length */
	for (aug++; *aug && !in.over; aug++)
		switch (*aug) {
		case 'R':
			*ret = sp_span_u8(&in);
			return !in.over;
		case 'P':
			enc = sp_span_u8(&in);
			sp_span_skip(&in, enc == PE_OMIT ? 0 : is_wide(enc) ? 8 : 4);
			break;
		case 'L':
			sp_span_u8(&in);
			break;
		case 'S':
		case 'B':
			break;
		default:
			return false;
		}
	return !in.over;
}

/* Where the function of an FDE begins; at: the field's own address. */
static bool begin_of(struct sp_span *in, uint8_t enc, uint64_t at, uint64_t *ret)
{
	uint64_t v;

	if ((enc & 0x70) != 0 && (enc & 0x70) != PE_PCREL)
		return false;
	if (is_wide(enc))
		v = sp_span_u64(in);
	else if ((enc & 0x0f) == PE_SDATA4)
		v = (uint64_t)(int64_t)(int32_t)sp_span_u32(in);
	else if ((enc & 0x0f) == PE_UDATA4)
		v = sp_span_u32(in);
	else
		return false;
	*ret = (enc & 0x70) == PE_PCREL ? v + at : v;
	return !in->over;
}

static bool add(struct ehtable *t, size_t *room, int64_t start, int64_t entry)
{
	if (start != (int32_t)start || entry != (int32_t)entry)
		return true; /* farther than the table can say */
	if (t->n == *room) {
		size_t more = *room ? *room * 2 : 256;
		struct ehtable_row *rows = realloc(t->rows, more * sizeof(*rows));

		if (!rows)
			return false;
		t->rows = rows;
		*room = more;
	}
	t->rows[t->n++] = (struct ehtable_row){ (int32_t)start, (int32_t)entry };
	return t->n < EHTABLE_MAX;
}

static int by_start(const void *a, const void *b)
{
	const struct ehtable_row *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->entry > y->entry) - (x->entry < y->entry);
}

bool ehtable_build(struct ehtable *ret, const uint8_t *bytes, size_t size, uint64_t vaddr)
{
	size_t at = 0, room = 0;

	*ret = (struct ehtable){ 0 };
	while (size - at >= 8) {
		struct sp_span in = sp_span_of(bytes + at, size - at, false), body;
		uint32_t len = sp_span_u32(&in), back;
		uint64_t start;
		uint8_t enc;

		/* The end; or more than 4 GB, which no section is. */
		if (!len || len == UINT32_MAX || len > size - at - 4)
			break;
		body = sp_span_of(bytes + at + 4, len, false);
		back = sp_span_u32(&body);
		/* An entry says how far before itself what it shares with others is. */
		if (back && back <= at + 4 && size - (at + 4 - back) >= 8) {
			const size_t cie = at + 4 - back;
			struct sp_span shared = sp_span_of(bytes + cie, size - cie, false);

			sp_span_skip(&shared, 8);
			if (cie_encoding(shared, &enc) &&
			    begin_of(&body, enc, vaddr + at + 8, &start) &&
			    !add(ret, &room, (int64_t)(start - vaddr), (int64_t)at))
				break;
		}
		at += 4 + (size_t)len;
	}
	if (ret->n)
		qsort(ret->rows, ret->n, sizeof(*ret->rows), by_start);
	return ret->n > 0;
}
