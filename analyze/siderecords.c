#include "siderecords.h"

#include "symrecords.h"

#include <linux/perf_event.h>

static int add_str(struct strings *strings, struct sp_span *in, sp_str *ret, struct sp_err *err)
{
	size_t len = strnlen((const char *)in->at, sp_span_left(in));

	return strings_add(strings, (const char *)in->at, len, ret, err);
}

#define MMAP2_UNION   40U /* header, pid, tid, addr, len, pgoff */
#define BUILD_ID_MOST 20U
#define BUILD_ID_MD5  16U

bool siderecords_build_id(const struct sp_record *r, bool asked)
{
	const uint8_t *id = r->data + MMAP2_UNION;
	uint8_t size;

	if (r->size < MMAP2_UNION + 4 + BUILD_ID_MOST)
		return false;
	size = id[0];
	/* Else a device's major number stands there. */
	if (size > BUILD_ID_MOST || id[1] || id[2] || id[3])
		return false;
	return asked || size == BUILD_ID_MOST || size == BUILD_ID_MD5;
}

static int decode_map(struct strings *strings, const struct sp_record *r, struct sp_span *in,
		      struct sp_map *map, struct sp_err *err)
{
	uint32_t prot = 4; /* PROT_EXEC: MMAP (1) has executable ones only, unless MMAP_DATA */

	map->start = sp_span_u64(in);
	map->len = sp_span_u64(in);
	map->pgoff = sp_span_u64(in);
	if (r->type == PERF_RECORD_MMAP2) {
		uint8_t size, id[20];

		if (r->misc & PERF_RECORD_MISC_MMAP_BUILD_ID) {
			char hex[41];
			int rc;

			size = sp_span_u8(in);
			sp_span_skip(in, 3);
			sp_span_copy(in, id, sizeof(id));
			size = size > sizeof(id) ? sizeof(id) : size;
			for (int i = 0; i < size; i++)
				snprintf(hex + 2 * i, 3, "%02x", id[i]);
			rc = strings_add(strings, hex, 2U * size, &map->build_id, err);
			if (rc)
				return rc;
		} else {
			sp_span_skip(in, 8); /* maj, min */
			map->ino = sp_span_u64(in);
			sp_span_skip(in, 8); /* ino_generation */
		}
		prot = sp_span_u32(in);
		sp_span_u32(in); /* flags */
	} else if (r->misc & PERF_RECORD_MISC_MMAP_DATA) {
		prot = 1;
	}
	map->executable = prot >> 2 & 1;
	map->kernel = (r->misc & PERF_RECORD_MISC_CPUMODE_MASK) == PERF_RECORD_MISC_KERNEL;
	return add_str(strings, in, &map->path, err);
}

int siderecords_decode(const struct sp_record *r, struct sp_span *in, struct strings *strings,
		       struct sp_event *e, struct sp_map *map, struct sp_err *err)
{
	switch (r->type) {
	case PERF_RECORD_COMM:
		e->type = SP_EV_COMM;
		e->pid = (int32_t)sp_span_u32(in);
		e->tid = (int32_t)sp_span_u32(in);
		e->task.exec = (r->misc & PERF_RECORD_MISC_COMM_EXEC) != 0;
		return add_str(strings, in, &e->task.comm, err);
	case PERF_RECORD_FORK:
	case PERF_RECORD_EXIT:
		e->type = r->type == PERF_RECORD_FORK ? SP_EV_FORK : SP_EV_TASK_EXIT;
		e->pid = (int32_t)sp_span_u32(in);
		e->task.ppid = (int32_t)sp_span_u32(in);
		e->tid = (int32_t)sp_span_u32(in);
		return SP_OK;
	case PERF_RECORD_MMAP:
	case PERF_RECORD_MMAP2:
		e->pid = (int32_t)sp_span_u32(in);
		e->tid = (int32_t)sp_span_u32(in);
		e->type = SP_EV_MMAP;
		e->map = map;
		return decode_map(strings, r, in, map, err);
	case PERF_RECORD_KSYMBOL:
		return symrecords_ksymbol(in, strings, e, err);
	case PERF_RECORD_LOST:
		e->type = SP_EV_LOST;
		sp_span_u64(in);
		e->count = sp_span_u64(in);
		return SP_OK;
	case PERF_RECORD_LOST_SAMPLES:
		e->type = SP_EV_LOST;
		e->count = sp_span_u64(in);
		return SP_OK;
	case PERF_RECORD_THROTTLE:
	case PERF_RECORD_UNTHROTTLE:
		e->type = r->type == PERF_RECORD_THROTTLE ? SP_EV_THROTTLE : SP_EV_UNTHROTTLE;
		e->time_ns = sp_span_u64(in);
		return SP_OK;
	default:
		return SP_END;
	}
}
