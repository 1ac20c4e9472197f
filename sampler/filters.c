#include "filters.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Switches from and to the idle task, ksoftirqd and NAPI threads: idle is not irqs-off, and a
 * ksoftirqd that waits is a mechanism. All other switches (hundreds of thousands a second) stay
 * out. NAPI threads are "napi/eth0-8193", since 6.10 also "backlog_napi/3".
 */
static const char switch_filter[] =
	"prev_pid == 0 || next_pid == 0 || prev_comm ~ \"ksoftirqd/*\" || "
	"next_comm ~ \"ksoftirqd/*\" || prev_comm ~ \"*napi/*\" || next_comm ~ \"*napi/*\"";
static const char wakeup_filter[] = "comm ~ \"ksoftirqd/*\" || comm ~ \"*napi/*\"";

/* Work items of BH workqueues (6.9) are softirqs; all others are threads' (TRACE_FLAG_SOFTIRQ,
 * include/linux/trace_events.h). */
static const char work_filter[] = "common_flags & 0x10";

/* Drop reasons that mean memory pressure; their numbers differ between kernels
 * (include/net/dropreason-core.h), so they are read from the format's own symbol list. */
static const char *const memory_reasons[] = { "PFMEMALLOC", "NOMEM", "PROTO_MEM", "SOCKET_RCVBUFF",
					      "CPU_BACKLOG" };

/* Finds { 123, "NAME" } in the format and returns 123, or -1. */
static long reason_number(const char *format, const char *name)
{
	char quoted[48];
	const char *at, *brace;

	snprintf(quoted, sizeof(quoted), "\"%s\"", name);
	at = strstr(format, quoted);
	if (!at)
		return -1;
	for (brace = at; brace > format && *brace != '{'; brace--)
		;
	while (*brace && brace < at && !isdigit((unsigned char)*brace))
		brace++;
	return brace < at ? strtol(brace, NULL, 10) : -1;
}

static void drop_filter(const char *format, char *ret, size_t size)
{
	size_t len = 0;

	ret[0] = 0;
	for (size_t i = 0; i < sizeof(memory_reasons) / sizeof(memory_reasons[0]); i++) {
		long n = reason_number(format, memory_reasons[i]);

		if (n >= 0 && len < size)
			len += (size_t)snprintf(ret + len, size - len, "%sreason == %ld",
						len ? " || " : "", n);
	}
}

void filters_of(const char *name, const char *format, char *ret, size_t size)
{
	ret[0] = 0;
	if (strcmp(name, "sched:sched_switch") == 0)
		snprintf(ret, size, "%s", switch_filter);
	else if (strcmp(name, "sched:sched_wakeup") == 0)
		snprintf(ret, size, "%s", wakeup_filter);
	else if (strcmp(name, FILTERS_SPARING) == 0)
		snprintf(ret, size, "function.function != perf_swevent_hrtimer");
	else if (strncmp(name, "workqueue:workqueue_execute_", 28) == 0)
		snprintf(ret, size, "%s", work_filter);
	else if (strcmp(name, "skb:kfree_skb") == 0)
		drop_filter(format, ret, size);
}
