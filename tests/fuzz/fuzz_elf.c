/*
 * Any bytes as an ELF file: a symbol that is found holds the address or begins at it, and what is
 * said to lie in the file lies in a segment of it.
 */
#include "must.h"

#include "elfimage.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elfimage image;
	uint8_t *copy = malloc(size + 1);

	if (!copy)
		return 0;
	if (size)
		memcpy(copy, data, size);
	if (elfimage_read_memory(&image, copy, size)) {
		elfsyms_seal(&image.symbols);
		MUST(strlen(image.build_id) < sizeof(image.build_id));
		MUST(strspn(image.build_id, "0123456789abcdef") == strlen(image.build_id));
		for (size_t i = 0; i < 32; i++) {
			uint64_t addr = 0x400000 + i * 61, off, back;
			const struct elfsym *s;

			if (i < image.symbols.n && i & 1)
				addr = image.symbols.at[image.symbols.n - 1 - i].start + i;
			else if (8 * i + 8 <= size)
				memcpy(&addr, data + size - 8 * i - 8, 8);
			s = elfsyms_find(&image.symbols, addr);
			MUST(!s || (s->start <= addr && s->name[0]));
			MUST(!s || !s->size || addr - s->start < s->size);
			if (elfimage_offset(&image, addr, 8, &off))
				MUST(elfimage_vaddr(&image, off, &back) || image.nsegments > 1);
		}
	}
	elfimage_free(&image);
	free(copy);
	return 0;
}
