#ifndef SIRQPROF_FACTS_H
#define SIRQPROF_FACTS_H

/*
 * sirqprof's own facts, as they travel in a recording.
 *
 * Each is the RAW payload of a PERF_RECORD_SAMPLE of a software event (PERF_TYPE_SOFTWARE,
 * PERF_COUNT_SW_BPF_OUTPUT) that the recording names "sirqprof"; perf prints them and goes on.
 * The sample has IDENTIFIER|TIME|CPU|RAW, its time is CLOCK_MONOTONIC of the observation, its
 * cpu the CPU that the fact is about (or ~0).
 *
 * Payload: struct sp_fact_head, then the body named beside each kind. Integers are in the byte
 * order of the recording, strings are NUL-ended, everything packed without padding. An unknown
 * kind, or a body longer than known, is passed over: facts may be added, none renumbered.
 * docs/recording.md is the description for others.
 */
#include <stdint.h>

#define SP_FACT_EVENT "sirqprof"  /* name of the carrying event */
#define SP_FACT_MAGIC 0x46515253U /* "SRQF", little endian */

enum sp_fact_kind {
	SP_FACT_META = 1,  /* str key, str value: version, host, kernel, realtime, kernel_build_id,
			    * boot_id, capture_id, sampler, cmdline, period_ns, tz_offset, witness,
			    * pod:UID */
	SP_FACT_CLOCK = 2, /* u64 mono_ns, u64 real_ns, u64 width_ns: a REALTIME/MONOTONIC pair
			    * read within width_ns */
	SP_FACT_STEAL = 3, /* u64 steal_ns since boot of head.cpu (/proc/stat), u64 step_ns: its
			    * resolution */
	SP_FACT_SOFTNET = 4,  /* u64 processed, u64 dropped, u64 time_squeeze of the CPU, since boot
			       * (/proc/net/softnet_stat) */
	SP_FACT_NETSTAT = 5,  /* u64 pfmemalloc_drop, u64 retrans since boot (/proc/net/netstat
			       * TcpExt PFMemallocDrop, /proc/net/snmp Tcp RetransSegs) */
	SP_FACT_FDS = 6,      /* u32 tid, u32 n, n × { u32 fd, str path }: /proc/TID/fd, read while
			       * the CPU was stuck with this task on it */
	SP_FACT_CGROUP = 7,   /* u32 tid, str text of /proc/TID/cgroup */
	SP_FACT_TASK = 8,     /* u32 tid, u32 tgid, u32 ppid, str comm */
	SP_FACT_KSYM = 9,     /* u64 addr, u64 start, str name, str module: the kernel's name of an
			       * address seen */
	SP_FACT_QUALITY = 10, /* u32 enum sp_quality_code, u32 cpu or ~0, u64 count, str detail:
			       * what the recorder noticed */
	SP_FACT_SYSCALL = 11, /* u32 tid, str name, u64 nr, u64 arg0: /proc/TID/syscall, read by
			       * the stuck watch beside FDS; str empty where unknown */
	SP_FACT_IRQNAME = 12, /* u32 irq, str name (/proc/interrupts) */
	SP_FACT_SELF = 13,    /* u32 pid, u64 cpu_ns used by sirqprof so far */
	SP_FACT_ONLINE = 14,  /* u32 cpu, u32 online: hot-plug seen while recording */
	SP_FACT_THIN = 15,    /* u32 every: from now on head.cpu records one NET_RX entry in that
			       * many, no raise and no exit; 1: all of them again */
	SP_FACT_SHED = 16,    /* u32 level: what head.cpu no longer records, to spare the host: 0
			       * nothing, 1 the events of --detail, 2 all that --light has not */
};

/*
 * NET_RX under a flood: the period of its second, thinned softirq_entry (which the kernel filters
 * to vec 3). 16 costs a flood of 150,000 NET_RX a second 0.7 % more than 64, and proves progress
 * every 0.8 ms at the least rate that is thinned (20,000 a second).
 */
#define SP_SPARSE_EVERY 16U

struct sp_fact_head {
	uint32_t magic;	  /* SP_FACT_MAGIC */
	uint16_t kind;	  /* enum sp_fact_kind */
	uint16_t version; /* 1 */
};

#endif
