/* Any bytes as a mangled name: it ends, and what comes out is text. */
#include "must.h"

#include "demangle.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const heads[] = { "", "_Z", "_R", "_ZN" };
	char name[600], *nice;
	size_t at;

	if (!size || size > 500)
		return 0;
	at = strlen(heads[data[0] & 3]);
	memcpy(name, heads[data[0] & 3], at);
	memcpy(name + at, data + 1, size - 1);
	name[at + size - 1] = 0;
	nice = demangle_name(name);
	MUST(!nice || strlen(nice) <= DEMANGLE_MAX);
	free(nice);
	return 0;
}
