#include "cmd.h"
#include "reader.h"

#include <sirqprof/perfdata.h>

#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdio.h>

#define DEFAULT_INPUT "sirq.data"
#define TYPES	      256

/* Names as `perf report --stats` prints them. */
static const char *const kernel_names[] = {
	[PERF_RECORD_MMAP] = "MMAP",
	[PERF_RECORD_LOST] = "LOST",
	[PERF_RECORD_COMM] = "COMM",
	[PERF_RECORD_EXIT] = "EXIT",
	[PERF_RECORD_THROTTLE] = "THROTTLE",
	[PERF_RECORD_UNTHROTTLE] = "UNTHROTTLE",
	[PERF_RECORD_FORK] = "FORK",
	[PERF_RECORD_READ] = "READ",
	[PERF_RECORD_SAMPLE] = "SAMPLE",
	[PERF_RECORD_MMAP2] = "MMAP2",
	[PERF_RECORD_AUX] = "AUX",
	[PERF_RECORD_ITRACE_START] = "ITRACE_START",
	[PERF_RECORD_LOST_SAMPLES] = "LOST_SAMPLES",
	[PERF_RECORD_SWITCH] = "SWITCH",
	[PERF_RECORD_SWITCH_CPU_WIDE] = "SWITCH_CPU_WIDE",
	[PERF_RECORD_NAMESPACES] = "NAMESPACES",
	[PERF_RECORD_KSYMBOL] = "KSYMBOL",
	[PERF_RECORD_BPF_EVENT] = "BPF_EVENT",
	[PERF_RECORD_CGROUP] = "CGROUP",
	[PERF_RECORD_TEXT_POKE] = "TEXT_POKE",
	[21] = "AUX_OUTPUT_HW_ID",
};

static const char *const user_names[] = {
	"ATTR",		"EVENT_TYPE",	 "TRACING_DATA", "BUILD_ID",	   "FINISHED_ROUND",
	"ID_INDEX",	"AUXTRACE_INFO", "AUXTRACE",	 "AUXTRACE_ERROR", "THREAD_MAP",
	"CPU_MAP",	"STAT_CONFIG",	 "STAT",	 "STAT_ROUND",	   "EVENT_UPDATE",
	"TIME_CONV",	"FEATURE",	 "COMPRESSED",	 "FINISHED_INIT",  "COMPRESSED2",
	"BPF_METADATA",
};

static const char *type_name(uint32_t type)
{
	const char *name = NULL;

	if (type < sizeof(kernel_names) / sizeof(kernel_names[0]))
		name = kernel_names[type];
	else if (type >= SP_REC_HEADER_ATTR &&
		 type - SP_REC_HEADER_ATTR < sizeof(user_names) / sizeof(user_names[0]))
		name = user_names[type - SP_REC_HEADER_ATTR];
	return name ? name : "UNKNOWN";
}

static void print_record(const struct sp_record *r)
{
	if (r->off == SP_NOWHERE)
		printf("header    ");
	else
		printf("%#10" PRIx64, r->off);
	printf("  %-16s  %6" PRIu64 " bytes  misc %#x\n", type_name(r->type), r->size, r->misc);
}

static void print_stats(const uint64_t counts[TYPES])
{
	uint64_t total = 0;

	for (uint32_t i = 0; i < TYPES; i++)
		total += counts[i];
	printf("TOTAL %" PRIu64 "\n", total);
	for (uint32_t i = 0; i < TYPES; i++)
		if (counts[i])
			printf("%s %" PRIu64 "\n", type_name(i), counts[i]);
}

int cmd_dump(const struct options *o, struct sp_err *err)
{
	sp_auto(reader) reader = NULL;
	uint64_t counts[TYPES] = { 0 };
	struct sp_record r;
	int rc = reader_open(&reader, o->input ? o->input : DEFAULT_INPUT, err);

	while (!rc && !(rc = reader_next(reader, &r, err))) {
		/* What the reader made of the file's sections is no record of the file. */
		if (r.off != SP_NOWHERE)
			counts[r.type < TYPES ? r.type : 0]++;
		if (!o->stats)
			print_record(&r);
	}
	if (rc == SP_END && o->stats)
		print_stats(counts);
	return rc == SP_END ? SP_OK : rc;
}
