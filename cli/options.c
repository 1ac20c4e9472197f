#include "options.h"

#include "amount.h"

#include <sirqprof/version.h>

#include <argp.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>

enum opt_kind { OPT_FLAG, OPT_U32, OPT_NS, OPT_BYTES, OPT_STR, OPT_STRS };

struct opt {
	int key; /* a letter, or a number above 255: long name only */
	const char *name;
	const char *arg;
	const char *doc;
	unsigned int commands; /* enum command, or-ed */
	enum opt_kind kind;
	size_t off;		  /* of the value in struct options */
	uint64_t min, max;	  /* OPT_U32, OPT_NS, OPT_BYTES */
	uint64_t bare_ns;	  /* OPT_NS: what a number without unit counts */
	const char *const *words; /* OPT_STR: the words it may be, NULL-ended; NULL: any */
};

#define NS_MS	    1000000ULL
#define NS_S	    1000000000ULL
#define NS_DAY	    (86400ULL * NS_S)
#define LIVE	    (CMD_RUN | CMD_RECORD)
#define ANALYZE	    (CMD_RUN | CMD_REPORT)
#define INTO(field) .off = offsetof(struct options, field)

static const char *const call_graphs[] = { "fp", "dwarf", NULL };
static const char *const spike_times[] = { "start", "end", "unknown", NULL };
static const char *const caller_modes[] = { "caller", "entry", "self", "chain", NULL };

/* From KEY_SPIKES_FORMAT to KEY_CLOCK_SEARCH: of no use without --spikes. */
enum {
	KEY_DETAIL = 256,
	KEY_LIGHT,
	KEY_CALL_GRAPH,
	KEY_BUFFER,
	KEY_MAX_SIZE,
	KEY_MAX_AGE,
	KEY_SPIKES_FORMAT,
	KEY_SPIKE_COLUMNS,
	KEY_SPIKE_REGEX,
	KEY_SPIKES_START,
	KEY_SPIKES_INTERVAL,
	KEY_SPIKE_MIN,
	KEY_SPIKE_TIME,
	KEY_SPIKES_LENIENT,
	KEY_TZ,
	KEY_WINDOW,
	KEY_CLOCK_OFFSET,
	KEY_CLOCK_SEARCH,
	KEY_MIN_STALL,
	KEY_CALLERS,
	KEY_GROUP,
	KEY_INLINE,
	KEY_LINES,
	KEY_VMLINUX,
	KEY_NO_USER_SYMBOLS,
	KEY_JSON,
	KEY_JSONL,
	KEY_FOLDED,
	KEY_FOLDED_BASELINE,
	KEY_STATS,
};

/* clang-format off */
static const struct opt opts[] = {
	{ 'C', "cpu", "LIST", "profile these CPUs: 3, 0-7, 1,5,9 or all (default: all)",
	  LIVE, OPT_STR, INTO(cpu) },
	{ 'd', "duration", "SEC", "stop after SEC seconds (default: at Ctrl-C)",
	  LIVE, OPT_NS, INTO(duration_ns), .min = NS_MS, .max = 30 * NS_DAY, .bare_ns = NS_S },
	{ 'e', "event", "NAME", "sample on this hardware or software event (default: cycles, or "
	  "cpu-clock where the machine has none)", LIVE, OPT_STR, INTO(event) },
	{ 'F', "freq", "HZ", "samples a second and CPU, as a fixed period (default: 1000)",
	  LIVE, OPT_U32, INTO(freq_hz), .min = 10, .max = 20000 },
	{ KEY_DETAIL, "detail", NULL, "open every event from the start, not the lean set",
	  LIVE, OPT_FLAG, INTO(detail) },
	{ KEY_LIGHT, "light", NULL, "sampler, tick and idle only: the least that finds irqs-off",
	  LIVE, OPT_FLAG, INTO(light) },
	{ KEY_CALL_GRAPH, "call-graph", "HOW", "user stacks by frame pointers (fp, the default) or "
	  "unwound from a stack copy (dwarf)", LIVE, OPT_STR, INTO(call_graph), .words = call_graphs },
	{ KEY_BUFFER, "buffer", "SIZE", "ring buffer of each CPU (default: 4M, less from 32 CPUs on)",
	  LIVE, OPT_BYTES, INTO(buffer_bytes), .min = 64 << 10, .max = 1ULL << 30 },
	{ 'o', "output", "FILE", "write the recording to FILE (perf.data format; record: default "
	  "sirq.data)", LIVE, OPT_STR, INTO(output) },
	{ 'f', "force", NULL, "overwrite FILE even if it is not a recording",
	  LIVE, OPT_FLAG, INTO(force) },
	{ KEY_MAX_SIZE, "max-size", "SIZE", "keep the newest SIZE of the recording, in segments",
	  CMD_RECORD, OPT_BYTES, INTO(max_size_bytes), .min = 1 << 20, .max = 1ULL << 50 },
	{ KEY_MAX_AGE, "max-age", "SEC", "keep the newest SEC seconds of the recording, in segments",
	  CMD_RECORD, OPT_NS, INTO(max_age_ns), .min = NS_S, .max = 365 * NS_DAY, .bare_ns = NS_S },
	{ 'i', "input", "FILE", "read the recording from FILE, - is standard input (default: "
	  "sirq.data)", CMD_REPORT | CMD_DUMP, OPT_STR, INTO(input) },
	{ 's', "spikes", "FILE", "late things seen from outside: CSV, ping -D, hping3, a log; - is "
	  "standard input (repeatable)", ANALYZE, OPT_STRS, INTO(spikes) },
	{ KEY_SPIKES_FORMAT, "spikes-format", "NAME", "do not guess the format: csv, ping, hping3, "
	  "log, json", ANALYZE, OPT_STR, INTO(spikes_format) },
	{ KEY_SPIKE_COLUMNS, "spike-columns", "SPEC", "columns of a table, as in "
	  "time=3,latency=5:ms", ANALYZE, OPT_STR, INTO(spike_columns) },
	{ KEY_SPIKE_REGEX, "spike-regex", "REGEX", "rows of a log, with groups (?<time>), "
	  "(?<latency>), (?<label>)", ANALYZE, OPT_STR, INTO(spike_regex) },
	{ KEY_SPIKES_START, "spikes-start", "TIME", "when the first probe left, for logs without "
	  "time", ANALYZE, OPT_STR, INTO(spikes_start) },
	{ KEY_SPIKES_INTERVAL, "spikes-interval", "TIME", "the prober's send interval (default: 1s)",
	  ANALYZE, OPT_NS, INTO(spikes_interval_ns), .min = 1000, .max = NS_DAY, .bare_ns = NS_S },
	{ KEY_SPIKE_MIN, "spike-min", "TIME", "only rows at least this late (default: --min-stall)",
	  ANALYZE, OPT_NS, INTO(spike_min_ns), .min = 0, .max = NS_DAY, .bare_ns = NS_MS },
	{ KEY_SPIKE_TIME, "spike-time", "WHICH", "the stamp is the start or the end of the late "
	  "thing (default: known for known formats)", ANALYZE, OPT_STR, INTO(spike_time),
	  .words = spike_times },
	{ KEY_SPIKES_LENIENT, "spikes-lenient", NULL, "pass over bad rows and count them",
	  ANALYZE, OPT_FLAG, INTO(spikes_lenient) },
	{ KEY_TZ, "tz", "ZONE", "zone of stamps that have none (default: the recording's)",
	  ANALYZE, OPT_STR, INTO(tz) },
	{ KEY_WINDOW, "window", "TIME", "where to look for a spike without latency (default: 1s)",
	  ANALYZE, OPT_NS, INTO(window_ns), .min = NS_MS, .max = 3600 * NS_S, .bare_ns = NS_S },
	{ KEY_CLOCK_OFFSET, "clock-offset", "SEC", "add SEC to every spike's time, or auto: find it",
	  ANALYZE, OPT_STR, INTO(clock_offset) },
	{ KEY_CLOCK_SEARCH, "clock-search", "SEC", "how far auto searches (default: 10)",
	  ANALYZE, OPT_NS, INTO(clock_search_ns), .min = NS_MS, .max = 3600 * NS_S, .bare_ns = NS_S },
	{ 'm', "min-stall", "TIME", "shortest stall that counts (default: 1ms)",
	  ANALYZE, OPT_NS, INTO(min_stall_ns), .min = 50000, .max = 3600 * NS_S,
	  .bare_ns = NS_MS },
	{ KEY_CALLERS, "callers", "HOW", "rank by caller (default), entry, self or chain",
	  ANALYZE, OPT_STR, INTO(callers), .words = caller_modes },
	{ KEY_GROUP, "group", "PATTERN", "one row for all callers that match, as in 'mem_cgroup_*' "
	  "(repeatable)", ANALYZE, OPT_STRS, INTO(group) },
	{ KEY_INLINE, "inline", NULL, "show inlined functions, where debug information is found",
	  ANALYZE, OPT_FLAG, INTO(inlines) },
	{ KEY_LINES, "lines", NULL, "show source lines, where debug information is found",
	  ANALYZE, OPT_FLAG, INTO(lines) },
	{ KEY_VMLINUX, "vmlinux", "FILE", "the kernel's debug information, for --inline and --lines",
	  ANALYZE, OPT_STR, INTO(vmlinux) },
	{ KEY_NO_USER_SYMBOLS, "no-user-symbols", NULL, "do not open the recording's programs and "
	  "libraries", ANALYZE, OPT_FLAG, INTO(no_user_symbols) },
	{ 'n', "top", "N", "rows of the ranking and of the list of stalls (default: 10)",
	  ANALYZE, OPT_U32, INTO(top), .min = 1, .max = 10000 },
	{ KEY_JSON, "json", "FILE", "write the whole report as JSON; - is standard output, without "
	  "the text", ANALYZE, OPT_STR, INTO(json) },
	{ KEY_JSONL, "jsonl", "FILE", "write one JSON object a line", ANALYZE, OPT_STR, INTO(jsonl) },
	{ KEY_FOLDED, "folded", "FILE", "write folded stacks of starved time (us), for flame graphs",
	  ANALYZE, OPT_STR, INTO(folded) },
	{ KEY_FOLDED_BASELINE, "folded-baseline", "FILE", "the same of the CPUs outside all windows",
	  ANALYZE, OPT_STR, INTO(folded_baseline) },
	{ 'q', "quiet", NULL, "no text report", ANALYZE, OPT_FLAG, INTO(quiet) },
	{ KEY_STATS, "stats", NULL, "count records by type, one NAME COUNT a line",
	  CMD_DUMP, OPT_FLAG, INTO(stats) },
};
/* clang-format on */

#define NOPTS (sizeof(opts) / sizeof(opts[0]))

const char *argp_program_version = "sirqprof " SP_VERSION;

static void options_init(struct options *o)
{
	*o = (struct options){
		/* Costs a busy CPU 1.6 %, on a VM whose timer interrupt is dear; 2000: 3.5 %.
		 * Stalls from 2 ms on are dated within half a period. */
		.freq_hz = 1000,
		.spikes_interval_ns = NS_S,
		.window_ns = NS_S,
		.clock_search_ns = 10 * NS_S,
		.spike_min_ns = OPTIONS_NOT_GIVEN,
		.min_stall_ns = NS_MS,
		.top = 10,
	};
}

static void wrong_range(struct argp_state *state, const struct opt *opt, const char *arg)
{
	char lo[32], hi[32];

	if (opt->kind == OPT_NS) {
		amount_text(lo, sizeof(lo), opt->min);
		amount_text(hi, sizeof(hi), opt->max);
		argp_error(state, "--%s takes a time from %s to %s such as %s, not '%s'", opt->name,
			   lo, hi, opt->min < NS_S ? "2ms or 1.5s" : "90s or 1h", arg);
	} else if (opt->kind == OPT_BYTES) {
		amount_size_text(lo, sizeof(lo), opt->min);
		amount_size_text(hi, sizeof(hi), opt->max);
		argp_error(state, "--%s takes a size from %s to %s such as 16M, not '%s'",
			   opt->name, lo, hi, arg);
	} else {
		argp_error(state, "--%s takes a number from %" PRIu64 " to %" PRIu64 ", not '%s'",
			   opt->name, opt->min, opt->max, arg);
	}
}

static void wrong_word(struct argp_state *state, const struct opt *opt, const char *arg)
{
	char list[80] = "";
	size_t len = 0;

	for (size_t i = 0; opt->words[i] && len < sizeof(list); i++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s", i ? ", " : "",
					opt->words[i]);
	argp_error(state, "--%s takes one of %s, not '%s'", opt->name, list, arg);
}

static void set_word(struct argp_state *state, const struct opt *opt, const char *arg, void *at)
{
	bool fits = !opt->words;

	for (size_t i = 0; opt->words && opt->words[i]; i++)
		fits |= strcmp(opt->words[i], arg) == 0;
	if (!fits)
		wrong_word(state, opt, arg);
	else if (!*arg)
		argp_error(state, "--%s takes a %s, not an empty word", opt->name, opt->arg);
	else
		*(const char **)at = arg;
}

static void set_item(struct argp_state *state, const struct opt *opt, const char *arg, void *at)
{
	struct opt_list *list = at;

	if (!*arg)
		argp_error(state, "--%s takes a %s, not an empty word", opt->name, opt->arg);
	else if (list->n == OPT_LIST_MAX)
		argp_error(state, "--%s can be given %d times at most", opt->name, OPT_LIST_MAX);
	else
		list->at[list->n++] = arg;
}

static void set_number(struct argp_state *state, const struct opt *opt, const char *arg, void *at)
{
	uint64_t v = 0;
	bool fits = opt->kind == OPT_NS	     ? amount_duration(arg, opt->bare_ns, &v)
		    : opt->kind == OPT_BYTES ? amount_size(arg, &v)
					     : amount_number(arg, &v);

	if (!fits || v < opt->min || v > opt->max)
		wrong_range(state, opt, arg);
	else if (opt->kind == OPT_U32)
		*(uint32_t *)at = (uint32_t)v;
	else
		*(uint64_t *)at = v;
}

/* What parse_key() needs beside the table. */
struct parse {
	struct options *o;
	enum command cmd;
	const struct opt *spikes_only; /* given, and of no use without --spikes */
};

/* What is left after the options, where it is no command to run. */
static void stray_word(struct argp_state *state, enum command cmd, const char *word)
{
	argp_error(state, "'%s' is no option%s", word,
		   cmd & LIVE			   ? "; a command to run goes behind --"
		   : cmd & (CMD_REPORT | CMD_DUMP) ? "; a recording to read goes behind -i"
						   : "");
}

/* What each option takes by itself, but not together. */
static void check_together(struct argp_state *state, const struct parse *p)
{
	if (p->o->detail && p->o->light)
		argp_error(state, "--detail opens every event and --light the fewest: give one of "
				  "them");
	if (p->spikes_only && !p->o->spikes.n)
		argp_error(state, "--%s is about spikes: give them with --spikes FILE",
			   p->spikes_only->name);
}

static bool is_about_spikes(int key)
{
	return key >= KEY_SPIKES_FORMAT && key <= KEY_CLOCK_SEARCH;
}

static error_t parse_key(int key, char *arg, struct argp_state *state)
{
	struct parse *p = state->input;

	if (key == ARGP_KEY_ARG) {
		if (!(p->cmd & LIVE) || !state->quoted || state->next <= state->quoted) {
			stray_word(state, p->cmd, arg);
			return EINVAL;
		}
		p->o->command = &state->argv[state->next - 1];
		state->next = state->argc;
		return 0;
	}
	if (key == ARGP_KEY_END)
		check_together(state, p);
	for (size_t i = 0; i < NOPTS; i++) {
		void *at = (char *)p->o + opts[i].off;

		if (opts[i].key != key || !(opts[i].commands & p->cmd))
			continue;
		if (is_about_spikes(key))
			p->spikes_only = &opts[i];
		switch (opts[i].kind) {
		case OPT_FLAG:
			*(bool *)at = true;
			break;
		case OPT_STR:
			set_word(state, &opts[i], arg, at);
			break;
		case OPT_STRS:
			set_item(state, &opts[i], arg, at);
			break;
		default:
			set_number(state, &opts[i], arg, at);
		}
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const char *doc_of(enum command cmd)
{
	switch (cmd) {
	case CMD_RUN:
		return "Why was it late? Records live CPUs and says which stall explains each "
		       "latency spike, by which mechanism, how sure that is, and who did it.\v"
		       "Commands: record (write a recording), report (read one, also perf's), dump "
		       "(show its records), doctor (what this machine allows). 'sirqprof COMMAND "
		       "--help' says more; man sirqprof has it all.";
	case CMD_RECORD:
		return "Records live CPUs into a perf.data file.";
	case CMD_REPORT:
		return "Reads a recording, sirqprof's or perf's, and says which stall explains "
		       "each "
		       "latency spike.";
	case CMD_DUMP:
		return "Shows the records of a recording as text.";
	default:
		return "Says what this machine and this user allow, and what to change.";
	}
}

void options_parse(struct options *ret, enum command cmd, int argc, char **argv)
{
	struct argp_option table[NOPTS + 1] = { 0 };
	struct parse p = { .o = ret, .cmd = cmd };
	struct argp argp = {
		.options = table,
		.parser = parse_key,
		.args_doc = cmd & LIVE ? "[-- COMMAND [ARG...]]" : NULL,
		.doc = doc_of(cmd),
	};
	size_t n = 0;

	for (size_t i = 0; i < NOPTS; i++)
		if (opts[i].commands & cmd) {
			table[n] = (struct argp_option){ opts[i].name, opts[i].key, opts[i].arg, 0,
							 opts[i].doc,  (int)n + 1 };
			n++;
		}
	options_init(ret);
	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &p);
}
