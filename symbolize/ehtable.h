#ifndef EHTABLE_H
#define EHTABLE_H

/*
 * A search table for .eh_frame, where the linker made none (.eh_frame_hdr): programs linked
 * statically by gcc have none.
 *
 * In:    the bytes of an .eh_frame section (LSB Core, "Exception Frames"); untrusted
 * Out:   where each function begins and its entry is, sorted, as .eh_frame_hdr would have it
 * Keeps: 8 bytes a function, EHTABLE_MAX of them
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EHTABLE_MAX	  (1U << 20)
#define EHTABLE_MAX_BYTES (64U << 20)

/* Both are relative to the begin of the section. */
struct ehtable_row {
	int32_t start, entry;
};

struct ehtable {
	struct ehtable_row *rows;
	size_t n;
};

/* False when there is nothing in it, or it cannot be read. vaddr: where the section lies. */
bool ehtable_build(struct ehtable *ret, const uint8_t *bytes, size_t size, uint64_t vaddr);
void ehtable_free(struct ehtable *t);

#endif
