#include "cmd.h"
#include "probe.h"

#include <stdio.h>

int cmd_doctor(const struct options *o, struct sp_err *err)
{
	static const char *const states[] = { "good", "weak", "BAD" };
	struct probe_row rows[32];
	uint32_t n = probe_all(rows, 32);
	bool bad = false;

	(void)o;
	for (uint32_t i = 0; i < n; i++) {
		printf("%-4s  %-18s %s\n", states[rows[i].state], rows[i].what, rows[i].text);
		if (rows[i].remedy[0])
			printf("      %-18s do: %s\n", "", rows[i].remedy);
		bad |= rows[i].state == PROBE_BAD;
	}
	if (bad)
		return sp_fail(err, SP_EUNSUP, SP_NOWHERE,
			       "this machine or user does not allow a capture");
	return SP_OK;
}
