#include "quality_text.h"

#include "units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* In a sentence: %c the CPU (" of CPU 3", "" for all), %n the count, %t the count as a time,
 * %p the count (of hundredths of a percent) as a share, %s the "s" of more than one, %w "was" or
 * "were", %d the detail. */
struct text {
	uint32_t code;
	const char *name, *sentence, *remedy;
};

/* With it perf records what the analysis needs; tests/perf/plain.py runs it. */
#define PERF_RECORD                                                                         \
	"perf record -a -g -k CLOCK_MONOTONIC -c 1 -e irq:softirq_raise,irq:softirq_entry," \
	"irq:softirq_exit,irq_vectors:local_timer_entry,sched:sched_switch "                \
	"-e cpu-clock/period=1000000/"

/* clang-format off */
static const struct text table[] = {
	{ SP_Q_LOST, "lost", "%n record%s%c %w lost: the time around them is not judged",
	  "a larger --buffer (perf: -m), fewer CPUs, or --light" },
	{ SP_Q_THROTTLED, "throttled", "the kernel throttled the sampler%c for %t",
	  "a lower --freq, or sysctl kernel.perf_event_max_sample_rate" },
	{ SP_Q_EVENT_FALLBACK, "event-fallback",
	  "this machine has no hardware cycles (%d): sampled by the clock instead",
	  "on a VM, ask for a virtual PMU; --event cpu-clock says that it is meant" },
	{ SP_Q_NO_TRACEPOINT, "no-tracepoint", "tracepoint %d could not be opened: went on without it",
	  "what it would show is missing from the verdicts; see sirqprof doctor" },
	{ SP_Q_NO_REGS_INTR, "no-regs-intr",
	  "the interrupted registers are not to be had: the interrupt flag is not seen",
	  "where the kernel is locked down (sirqprof doctor): lockdown=integrity or none" },
	{ SP_Q_NO_REGS_USER, "no-regs-user",
	  "user registers are not to be had: the file behind a system call is not matched", "" },
	{ SP_Q_NOT_OBSERVED, "not-observed",
	  "%t%c was not observed: this kernel gives no events there while the CPU idles",
	  "keep the CPU from idling (a spinner at nice 19, or idle=poll) while you measure" },
	{ SP_Q_HOLES, "holes",
	  "%t%c was not observed though it was busy: this kernel gives no events while some threads run, "
	  "so a stall in there is not seen and one beside it may be longer",
	  "" },
	{ SP_Q_NO_NMI, "no-nmi",
	  "samples cannot see into code that runs with interrupts off: it is named by the point where "
	  "they came on again", "a hardware event (--event cycles) on bare metal samples by NMI" },
	{ SP_Q_KPTR, "kptr", "kernel names are withheld: functions cannot be named",
	  "run as root, or give CAP_SYSLOG; sysctl kernel.kptr_restrict must be 0 or 1" },
	{ SP_Q_TRUNCATED, "truncated", "the recording stops inside a record at byte %n: used up to there",
	  "" },
	{ SP_Q_UNCLOSED, "unclosed",
	  "the recording was never closed (its recorder was killed): used as far as it goes", "" },
	{ SP_Q_GARBAGE, "garbage", "%n bytes are no records: passed over", "" },
	{ SP_Q_THINNED, "thinned",
	  "%d was recorded with a period other than 1: most events are missing, nothing is concluded "
	  "from their absence",
	  "without -F: " PERF_RECORD },
	{ SP_Q_NO_FORMATS, "no-formats",
	  "the formats of %n tracepoint%s are lost with the recording's end: these events cannot be read",
	  "sirqprof record, or perf record -o - >FILE: both write the formats first" },
	{ SP_Q_MISSING_EVENT, "missing-event", "the recording has no %d: stalls that need it are not seen",
	  "sirqprof record without --light, or: " PERF_RECORD },
	{ SP_Q_NO_CPU_TOLD, "no-cpu-told",
	  "no record tells its CPU: the recording is empty, or of processes instead of CPUs",
	  "sirqprof record, or perf record -a" },
	{ SP_Q_NO_CLOCK_DATA, "no-clock-data",
	  "the recording does not say its wall-clock time: estimated from %d, within %t",
	  "perf record -k CLOCK_MONOTONIC; or settle it with --clock-offset" },
	{ SP_Q_CLOCK_NOT_MONOTONIC, "clock-not-monotonic",
	  "the recording's clock is not CLOCK_MONOTONIC", "perf record -k CLOCK_MONOTONIC" },
	{ SP_Q_CLOCK_STEP, "clock-step", "the wall clock was set by %t while recording",
	  "spikes near that moment have wide windows" },
	{ SP_Q_TZ_ASSUMED, "tz-assumed", "spike times have no zone: taken as %d",
	  "say the zone with --tz" },
	{ SP_Q_SPIKES_OUTSIDE, "spikes-outside", "%n spike%s outside the recording, %d",
	  "if they should lie inside, check the clock and the zone: --tz, --clock-offset" },
	{ SP_Q_SPIKES_BAD_ROWS, "spikes-bad-rows", "%n row%s of spikes %w passed over, the first: %d",
	  "" },
	{ SP_Q_SPIKES_LOST_REPLIES, "spikes-lost-replies",
	  "%n probe%s in the log had no reply: no spikes, as their latency is not known", "" },
	{ SP_Q_CPU_NOT_RECORDED, "cpu-not-recorded", "%n spike%s on a CPU that was not recorded",
	  "record it too: --cpu" },
	{ SP_Q_FILE_UNKNOWN, "file-unknown",
	  "%n stall%s %w in a system call on a file that could not be caught", "" },
	{ SP_Q_UNSAMPLED, "unsampled", "no sample was taken in %n stall%s: what is said there rests on tracepoints alone",
	  "" },
	{ SP_Q_NO_WITNESS, "no-witness",
	  "there is no further CPU to watch: a machine that stood still cannot be told from one CPU", "" },
	{ SP_Q_STEAL_UNREPORTED, "steal-unreported", "no steal was reported since this machine was started: whether the hypervisor paused it in "
	  "%n stall%s cannot be told", "" },
	{ SP_Q_OFFLINE, "offline", "the recording%c stops where it went offline", "" },
	{ SP_Q_PIDNS, "pidns", "only this container's own processes can be named",
	  "run on the host, or with --pid=host" },
	{ SP_Q_SELF, "self", "sirqprof itself used %p of a CPU",
	  "a lower --freq, fewer CPUs, or --light" },
	{ SP_Q_SHED, "shed", "events were thinned to spare the host: %d", "" },
	{ SP_Q_LIMIT, "limit", "%n %d were more than are kept", "a shorter recording, or --min-stall" },
	{ SP_Q_DISORDER, "disorder", "%n record%s came out of the order of time", "" },
	{ SP_Q_UNKNOWN_RECORD, "unknown-record", "%n record%s could not be read: passed over", "" },
	{ SP_Q_NO_SYMBOLS, "no-symbols", "no symbols of %d (addresses without a name: %n)",
	  "install its debug symbols" },
	{ SP_Q_GONE_CODE, "gone-code",
	  "BPF programs or modules have gone before they could be named (addresses without a name: %n)",
	  "no package has them: keep them loaded; sirqprof names what comes and goes while it records" },
	{ SP_Q_TOO_MUCH, "too-much",
	  "compressed debug information of %d would take more than 1 GB: its inlined functions and lines are not shown",
	  "objcopy --decompress-debug-sections, if the file is to be trusted" },
	{ SP_Q_BUILD_ID, "build-id", "%d is not the file that ran: its symbols are not used", "" },
	{ SP_Q_OLD_KERNEL_BH, "old-kernel-bh",
	  "this kernel's tracepoints do not tell when bottom halves are off (before 5.17): inferred from "
	  "vectors that wait", "" },
	{ SP_Q_NO_SCHED, "no-sched",
	  "no switches to and from idle: idle time is inferred from samples", "" },
	{ SP_Q_PRIVATE, "note", "%d", "" },
	{ SP_Q_CLOCK_OFFSET, "clock-offset", "--clock-offset auto: %d", "" },
	{ SP_Q_SMALL_RING, "small-ring", "only %n bytes of ring buffer%c could be had",
	  "ulimit -l, or sysctl kernel.perf_event_mlock_kb" },
	{ SP_Q_NO_VMLINUX, "no-vmlinux",
	  "no debug information of this kernel (%d): its inlined functions and lines are not shown",
	  "install the kernel's debug package, set DEBUGINFOD_URLS, or --vmlinux FILE" },
	{ SP_Q_FILE_INFERRED, "file-inferred",
	  "in %n stall%s the file is inferred from the function that prints it, not seen", "" },
	{ SP_Q_THIN_NET_RX, "thin-net-rx",
	  "NET_RX%c came so often that for %t only one in 16 was recorded: how long it waited there is "
	  "not known", "--detail records all of it, at a quarter more cost to a packet flood" },
	{ SP_Q_SPIKES_NONE, "spikes-none", "no row of %d", "see --spike-min, --spike-columns, --spike-regex" },
	{ SP_Q_SPIKES_UNIT, "spikes-unit", "latencies in %d have no unit: taken as ms",
	  "say it: --spike-columns time=1,latency=2:us (or by names of the header)" },
	{ SP_Q_SPIKES_NO_LATENCY, "spikes-no-latency",
	  "%n spike%s of %d without a latency: looked for within --window",
	  "--spike-columns or --spike-regex name the latency; a short --window keeps chance low" },
	{ SP_Q_SELF_CULPRIT, "self-culprit", "sirqprof itself was the culprit of %n stall%s",
	  "keep it off the profiled CPUs (taskset), a lower --freq, or --light" },
	{ SP_Q_REALTIME, "realtime",
	  "a PREEMPT_RT kernel: softirqs are preempted as threads are, so only what is proven is said", "" },
	{ SP_Q_SLOW_WATCH, "slow-watch",
	  "the stuck watch had no real-time priority: on a busy host it misses files of short stalls",
	  "run as root, or give CAP_SYS_NICE; below a cgroup with cpu.rt_runtime_us 0, raise it; "
	  "or let it run on a CPU that is not profiled" },
};
/* clang-format on */

static const struct text *find(uint32_t code)
{
	static const struct text unknown = { 0, "unknown", "something was noticed (code %n)", "" };

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].code == code)
			return &table[i];
	return &unknown;
}

const char *quality_code_name(uint32_t code)
{
	return find(code)->name;
}

const char *quality_severity_name(uint8_t severity)
{
	return severity == SP_SEV_ERROR ? "error" : severity == SP_SEV_WARNING ? "warning" : "info";
}

const char *quality_remedy(uint32_t code)
{
	return find(code)->remedy;
}

const char *quality_sentence(const struct sp_quality_row *row, char ret[QUALITY_TEXT_LEN])
{
	const char *at = find(row->code)->sentence;
	size_t len = 0;

	for (; *at && len < QUALITY_TEXT_LEN - 1; at++) {
		char word[UNITS_LEN];
		const char *text = word;

		if (*at != '%') {
			ret[len++] = *at;
			continue;
		}
		at++;
		if (*at == 'n')
			snprintf(word, sizeof(word), "%" PRIu64, row->count);
		else if (*at == 't')
			units_duration(word, row->count);
		else if (*at == 'p')
			units_percent(word, (double)row->count / 10000);
		else if (*at == 's')
			text = row->count == 1 ? "" : "s";
		else if (*at == 'w')
			text = row->count == 1 ? "was" : "were";
		else if (*at == 'd')
			text = row->detail;
		else if (row->cpu != SP_NO_CPU)
			snprintf(word, sizeof(word), " of CPU %" PRIu32, row->cpu);
		else
			word[0] = 0;
		len += (size_t)snprintf(ret + len, QUALITY_TEXT_LEN - len, "%s", text);
		if (len >= QUALITY_TEXT_LEN)
			len = QUALITY_TEXT_LEN - 1;
	}
	ret[len] = 0;
	return ret;
}
