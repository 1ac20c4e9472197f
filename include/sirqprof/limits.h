#ifndef SIRQPROF_LIMITS_H
#define SIRQPROF_LIMITS_H

/*
 * Bounds that several folders share. docs/limits.md tells users what they mean.
 */
#define SP_MAX_CPUS	     8192U	 /* CPUs a recording may name (CONFIG_NR_CPUS of x86) */
#define SP_MAX_RECORD_SIZE   65535U	 /* u16 in struct perf_event_header */
#define SP_MAX_CHAIN	     1024U	 /* addresses kept of one callchain, markers included */
#define SP_MAX_ATTRS	     4096U	 /* event descriptions in one recording */
#define SP_MAX_IDS	     (1U << 18)	 /* event ids in one recording */
#define SP_MAX_FEATURE_BYTES (16U << 20) /* one feature section, tracing data included */
#define SP_MAX_FORMAT_BYTES  (1U << 16)	 /* one tracepoint format file */
#define SP_MAX_FIELDS	     128U	 /* fields of one tracepoint */
#define SP_MAX_STRING	     4096U	 /* one string of an input: path, comm, label, cgroup */
#define SP_MAX_STRINGS_BYTES (8U << 20)	 /* all distinct strings kept */
#define SP_MAX_SPIKES	     1000000U	 /* spikes kept (rows read are not bounded) */
#define SP_MAX_STALLS	     16384U	 /* stalls kept */
#define SP_MAX_STALL_SHARES  64U	 /* distinct (task, stack) pairs kept of one stall */
#define SP_MAX_EVIDENCE	     16U	 /* evidence rows of one stall */
#define SP_MAX_OPEN	     1024U /* programs and libraries kept open, for names and unwinding */
#define SP_MAX_FDS	     512U  /* file descriptors read of one task by the stuck watch */

#define SP_COMM_LEN 16U /* TASK_COMM_LEN, NUL included */

#endif
