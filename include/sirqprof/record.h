#ifndef SIRQPROF_RECORD_H
#define SIRQPROF_RECORD_H

/*
 * The stream that every source yields and everything else takes: perf.data records.
 *
 * A source (sampler/ live, analyze/reader from a file or pipe) yields the records of perf's
 * *pipe mode*: first HEADER_ATTR, EVENT_UPDATE, ID_INDEX, HEADER_TRACING_DATA and
 * HEADER_FEATURE records that say what the stream holds, then the kernel's own records, with a
 * FINISHED_ROUND whenever all rings have been read once. A reader of a file in file mode makes
 * the header records from the file's sections, so that nothing behind it knows the difference.
 * Source of the format: tools/perf/Documentation/perf.data-file-format.txt,
 * include/uapi/linux/perf_event.h, tools/lib/perf/include/perf/event.h.
 */
#include <sirqprof/err.h>

#include <stdbool.h>
#include <stdint.h>

struct sp_record {
	uint32_t type;	     /* PERF_RECORD_* or SP_REC_* of perfdata.h, host order */
	uint16_t misc;	     /* header.misc, host order */
	const uint8_t *data; /* the whole record, its 8-byte header included */
	uint64_t size;	     /* of data; header.size, or with the blob that HEADER_TRACING_DATA
			      * and AUXTRACE carry behind the header's size */
	uint64_t off;	     /* byte offset in the input, SP_NOWHERE when live */
	bool swap;	     /* integers in data are in the other byte order */
};

/*
 * Takes records one by one. The bytes belong to the source and hold only for the call.
 * put() returns 0 or an error, which stops the source and is passed on by it.
 */
struct sp_record_sink {
	int (*put)(void *self, const struct sp_record *r, struct sp_err *err);
	void *self;
};

#endif
