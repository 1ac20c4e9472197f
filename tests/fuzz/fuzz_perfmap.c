/*
 * Any bytes as a JIT's perf map: a name that is found is a line of the text, and its function
 * begins at or before the address.
 */
#include "must.h"

#include "perfmap.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sp_err err = SP_ERR_INIT;
	uint64_t addr = 0, start;
	struct perfmap *p;

	if (perfmap_parse(&p, (const char *)data, size, &err))
		return 0;
	for (size_t i = 0; i + sizeof(addr) <= size && i < 64; i++) {
		const char *name;

		memcpy(&addr, data + i, sizeof(addr));
		addr = i & 1 ? addr : 0x7f0000001000ULL + (addr & 0xfff);
		name = perfmap_find(p, addr, &start);
		if (!name)
			continue;
		MUST(start <= addr);
		MUST(name[0] && strlen(name) < size && !strchr(name, '\n'));
	}
	perfmap_free(p);
	return 0;
}
