#ifndef OPTIONS_H
#define OPTIONS_H

/*
 * The command line as one table: what an option is called, which commands take it, where its
 * value goes and what it may be. argp parses; no option has code of its own and none lives in a
 * global. The man page is compared with this table by a test.
 */
#include <sirqprof/err.h>

#include <stdbool.h>
#include <stdint.h>

enum command {
	CMD_RUN = 1, /* sirqprof: record and report in one process */
	CMD_RECORD = 2,
	CMD_REPORT = 4,
	CMD_DUMP = 8,
	CMD_DOCTOR = 16,
};

#define OPT_LIST_MAX	  16
#define OPTIONS_NOT_GIVEN UINT64_MAX

/* A repeatable option. */
struct opt_list {
	const char *at[OPT_LIST_MAX];
	uint32_t n;
};

/* Values as given; strings belong to argv. Durations are ns, sizes bytes. 0/NULL: not given
 * unless options_init() sets a default. */
struct options {
	/* capture */
	const char *cpu;
	uint64_t duration_ns;
	const char *event;
	uint32_t freq_hz;
	bool detail;
	bool light;
	const char *call_graph;
	uint64_t buffer_bytes;
	/* recording */
	const char *output;
	bool force;
	uint64_t max_size_bytes;
	uint64_t max_age_ns;
	const char *input;
	/* spikes */
	struct opt_list spikes;
	const char *spikes_format;
	const char *spike_columns;
	const char *spike_regex;
	const char *spikes_start;
	uint64_t spikes_interval_ns;
	uint64_t spike_min_ns; /* OPTIONS_NOT_GIVEN: what no stall can have made */
	const char *spike_time;
	bool spikes_lenient;
	const char *tz;
	uint64_t window_ns;
	const char *clock_offset;
	uint64_t clock_search_ns;
	/* analysis */
	uint64_t min_stall_ns;
	const char *callers;
	struct opt_list group;
	bool inlines;
	bool lines;
	const char *vmlinux;
	bool no_user_symbols;
	/* output */
	uint32_t top;
	const char *json;
	const char *jsonl;
	const char *folded;
	const char *folded_baseline;
	bool quiet;
	bool stats;
	/* -- COMMAND */
	char **command; /* NULL: none */
};

/*
 * Parses argv for one command; argv[0] is shown as the program's name. --help and --version print
 * and exit 0, as argp does. A wrong option or value: prints what is wrong and exits 2.
 */
void options_parse(struct options *ret, enum command cmd, int argc, char **argv);

/* One duration such as "10ms", "2s", "1.5", "3m" in ns; a bare number is in seconds unless
 * bare_ns says otherwise. Returns false when it is none or does not fit. */
bool options_duration(const char *text, uint64_t bare_ns, uint64_t *ret_ns);

/* One size such as "64M", "512k", "1G" in bytes. */
bool options_size(const char *text, uint64_t *ret_bytes);

#endif
