/*
 * Any bytes as an .eh_frame section, behind the 8 bytes that say where it lies: each row of the
 * table is an entry that lies whole in the section and names one before it as what it shares with
 * others; they are sorted, and no entry comes twice.
 */
#include "must.h"

#include "ehtable.h"

#include <string.h>

static uint32_t u32_at(const uint8_t *bytes, int64_t at)
{
	uint32_t v;

	memcpy(&v, bytes + at, sizeof(v));
	return v;
}

static void check_row(const struct ehtable *t, size_t i, const uint8_t *bytes, size_t size)
{
	const struct ehtable_row *row = &t->rows[i];
	uint32_t len, back;

	MUST(row->entry >= 0 && (size_t)row->entry + 8 <= size);
	len = u32_at(bytes, row->entry);
	back = u32_at(bytes, row->entry + 4);
	MUST(len >= 8 && len <= size - (size_t)row->entry - 4);
	MUST(back > 0 && back <= (uint32_t)row->entry + 4);
	MUST(i == 0 || t->rows[i - 1].start < row->start ||
	     (t->rows[i - 1].start == row->start && t->rows[i - 1].entry < row->entry));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t vaddr, entries = 0;
	struct ehtable t, again;
	bool any;

	if (size < sizeof(vaddr))
		return 0;
	memcpy(&vaddr, data, sizeof(vaddr));
	data += sizeof(vaddr);
	size -= sizeof(vaddr);
	any = ehtable_build(&t, data, size, vaddr);
	MUST(any == (t.n > 0) && t.n <= EHTABLE_MAX && t.n <= size / 12);
	for (size_t i = 0; i < t.n; i++) {
		check_row(&t, i, data, size);
		entries += (uint64_t)t.rows[i].entry;
	}
	/* What follows the first half changes nothing in what lies in it. */
	if (ehtable_build(&again, data, size / 2, vaddr))
		MUST(again.n <= t.n);
	MUST(!any || entries <= (uint64_t)t.n * size);
	ehtable_free(&again);
	ehtable_free(&t);
	return 0;
}
