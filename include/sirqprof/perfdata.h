#ifndef SIRQPROF_PERFDATA_H
#define SIRQPROF_PERFDATA_H

/*
 * perf.data on disk: what the writer in sampler/ and the reader in analyze/ share.
 *
 * Facts: tools/perf/Documentation/perf.data-file-format.txt, tools/perf/util/header.h and
 * tools/lib/perf/include/perf/event.h of Linux. Values reach files: never renumber.
 */
#include <stdint.h>

#define SP_PERF_MAGIC2 0x32454c4946524550ULL /* "PERFILE2", little endian */
#define SP_PERF_MAGIC1 "PERFFILE"	     /* version 1: not supported */

#define SP_FILE_HEADER_SIZE 104U /* magic, size, attr_size, 3 sections, 256 feature bits */
#define SP_PIPE_HEADER_SIZE 16U	 /* magic, size */
#define SP_FEATURE_BITS	    256U

struct sp_file_section {
	uint64_t offset;
	uint64_t size;
};

/* The header of a file in file mode; in a pipe only the first two fields are there. */
struct sp_file_header {
	uint64_t magic;
	uint64_t size;	    /* of this header: SP_FILE_HEADER_SIZE or SP_PIPE_HEADER_SIZE */
	uint64_t attr_size; /* of one entry of attrs: attr + one sp_file_section of ids */
	struct sp_file_section attrs;
	struct sp_file_section data; /* size 0: the recorder was killed */
	struct sp_file_section event_types;
	uint64_t features[SP_FEATURE_BITS / 64];
};

/* enum perf_user_event_type: records that user space makes */
enum sp_user_record {
	SP_REC_HEADER_ATTR = 64,
	SP_REC_HEADER_EVENT_TYPE = 65, /* deprecated */
	SP_REC_HEADER_TRACING_DATA = 66,
	SP_REC_HEADER_BUILD_ID = 67,
	SP_REC_FINISHED_ROUND = 68,
	SP_REC_ID_INDEX = 69,
	SP_REC_AUXTRACE_INFO = 70,
	SP_REC_AUXTRACE = 71,
	SP_REC_AUXTRACE_ERROR = 72,
	SP_REC_THREAD_MAP = 73,
	SP_REC_CPU_MAP = 74,
	SP_REC_STAT_CONFIG = 75,
	SP_REC_STAT = 76,
	SP_REC_STAT_ROUND = 77,
	SP_REC_EVENT_UPDATE = 78,
	SP_REC_TIME_CONV = 79,
	SP_REC_HEADER_FEATURE = 80,
	SP_REC_COMPRESSED = 81,
	SP_REC_FINISHED_INIT = 82,
	SP_REC_COMPRESSED2 = 83,
	SP_REC_BPF_METADATA = 84,
};

/* HEADER_* feature bits of tools/perf/util/header.h */
enum sp_feature {
	SP_FEAT_TRACING_DATA = 1,
	SP_FEAT_BUILD_ID = 2,
	SP_FEAT_HOSTNAME = 3,
	SP_FEAT_OSRELEASE = 4,
	SP_FEAT_VERSION = 5,
	SP_FEAT_ARCH = 6,
	SP_FEAT_NRCPUS = 7,
	SP_FEAT_CPUDESC = 8,
	SP_FEAT_CPUID = 9,
	SP_FEAT_TOTAL_MEM = 10,
	SP_FEAT_CMDLINE = 11,
	SP_FEAT_EVENT_DESC = 12,
	SP_FEAT_CPU_TOPOLOGY = 13,
	SP_FEAT_NUMA_TOPOLOGY = 14,
	SP_FEAT_BRANCH_STACK = 15,
	SP_FEAT_PMU_MAPPINGS = 16,
	SP_FEAT_GROUP_DESC = 17,
	SP_FEAT_AUXTRACE = 18,
	SP_FEAT_STAT = 19,
	SP_FEAT_CACHE = 20,
	SP_FEAT_SAMPLE_TIME = 21,
	SP_FEAT_MEM_TOPOLOGY = 22,
	SP_FEAT_CLOCKID = 23,
	SP_FEAT_DIR_FORMAT = 24,
	SP_FEAT_BPF_PROG_INFO = 25,
	SP_FEAT_BPF_BTF = 26,
	SP_FEAT_COMPRESSED = 27,
	SP_FEAT_CPU_PMU_CAPS = 28,
	SP_FEAT_CLOCK_DATA = 29,
	SP_FEAT_HYBRID_TOPOLOGY = 30,
	SP_FEAT_PMU_CAPS = 31,
};

/* PERF_RECORD_EVENT_UPDATE kinds (tools/lib/perf/include/perf/event.h) */
enum sp_event_update {
	SP_UPDATE_UNIT = 0,
	SP_UPDATE_SCALE = 1,
	SP_UPDATE_NAME = 2,
	SP_UPDATE_CPUS = 3,
};

#endif
