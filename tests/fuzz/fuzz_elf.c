/*
 * Any bytes as an ELF file: a symbol that is found holds the address or begins at it, and what is
 * said to lie in the file lies in a segment of it.
 */
#include "must.h"

#include "elfimage.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elfbytes bytes;
	struct elfimage image;
	uint8_t *copy = malloc(size + 1);

	if (!copy)
		return 0;
	if (size)
		memcpy(copy, data, size);
	elfbytes_memory(&bytes, copy, size);
	if (elfimage_read(&image, &bytes)) {
		elfimage_seal(&image);
		MUST(strlen(image.build_id) < sizeof(image.build_id));
		MUST(strspn(image.build_id, "0123456789abcdef") == strlen(image.build_id));
		for (size_t i = 0; i < 32; i++) {
			uint64_t addr = 0x400000 + i * 61, off, back;
			char name[SP_MAX_STRING + 1];
			const struct elfsym *s;
			uint64_t start = 0, first, last;

			if (i < image.symbols.n && i & 1)
				addr = elfsyms_start(&image.symbols,
						     &image.symbols.at[image.symbols.n - 1 - i]) +
				       i;
			else if (8 * i + 8 <= size)
				memcpy(&addr, data + size - 8 * i - 8, 8);
			s = elfsyms_find(&image.symbols, addr, &first, &last);
			MUST(first <= addr && addr <= last);
			/* The same all over. */
			MUST(elfsyms_find(&image.symbols, first, &start, &back) == s);
			MUST(start == first && back == last);
			MUST(elfsyms_find(&image.symbols, last, &start, &back) == s);
			MUST(start == first && back == last);
			start = 0;
			if (s)
				start = elfsyms_start(&image.symbols, s);
			MUST(start <= addr);
			MUST(!s || addr == start || addr - start < s->size);
			/* What was a name when the table was read is one for ever. */
			MUST(!s ||
			     (elfstrings_read(&image.strings[s->strings], &bytes, s->name, name) &&
			      name[0]));
			if (elfimage_offset(&image, addr, 8, &off))
				MUST(elfimage_vaddr(&image, off, &back) || image.nsegments > 1);
		}
	}
	elfimage_free(&image);
	free(copy);
	return 0;
}
