/*
 * Any bytes as /proc/kallsyms: what is found lies inside the text, begins at or before the address,
 * and no symbol begins between the two.
 */
#include "must.h"

#include "kallsyms.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sp_err err = SP_ERR_INIT;
	struct kallsyms *k;
	uint64_t addr = 0;
	struct ksymbol s, t;

	if (kallsyms_parse(&k, (const char *)data, size, &err))
		return 0;
	MUST(kallsyms_count(k) <= size);
	MUST(!kallsyms_hidden(k) || kallsyms_count(k) == 0);
	for (size_t i = 0; i + sizeof(addr) <= size && i < 64; i++) {
		memcpy(&addr, data + i, sizeof(addr));
		/* Text addresses are what a symbol's line begins with: try those too. */
		addr = i & 1 ? addr : 0xffffffff81000000ULL + (addr & 0xffff);
		if (!kallsyms_find(k, addr, &s))
			continue;
		MUST(s.start <= addr && addr - s.start < KALLSYMS_MAX_SIZE);
		MUST(strlen(s.name) <= size && s.module[0]);
		MUST(kallsyms_find(k, s.start, &t) && t.start == s.start && t.name == s.name);
	}
	kallsyms_free(k);
	return 0;
}
