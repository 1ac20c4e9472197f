/*
 * Any bytes as /proc/PID/cgroup: every answer is a string, a pod is a UUID or a hash, and the same
 * text gives the same answer.
 */
#include "must.h"

#include "who.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct who a, b;

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = 0;
	who_parse(text, &a);
	who_parse(text, &b);
	MUST(memchr(a.cgroup, 0, sizeof(a.cgroup)));
	MUST(memchr(a.container, 0, sizeof(a.container)));
	MUST(memchr(a.unit, 0, sizeof(a.unit)));
	MUST(memchr(a.pod, 0, sizeof(a.pod)));
	MUST(!a.pod[0] || strlen(a.pod) == 36 || strlen(a.pod) == 32);
	MUST(!a.container[0] || strchr(a.container, ':'));
	MUST(strcmp(a.container, b.container) == 0 && strcmp(a.cgroup, b.cgroup) == 0);
	free(text);
	return 0;
}
