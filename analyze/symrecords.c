#include "symrecords.h"

#include <linux/perf_event.h>
#include <sirqprof/limits.h>

#include <stdio.h>
#include <string.h>

#define BUILD_ID_ROOM 20U
/* misc of HEADER_BUILD_ID: the size follows the id; else it is that of SHA-1. */
#define HAS_SIZE (1U << 15)

static int add(struct strings *strings, struct sp_span *in, sp_str *ret, struct sp_err *err)
{
	size_t len = strnlen((const char *)in->at, sp_span_left(in));

	return strings_add(strings, (const char *)in->at, len, ret, err);
}

int symrecords_build_id(struct sp_span *in, uint16_t misc, struct strings *strings,
			struct sp_event *e, struct sp_err *err)
{
	uint8_t id[BUILD_ID_ROOM], size, mode = misc & PERF_RECORD_MISC_CPUMODE_MASK;
	char hex[2 * BUILD_ID_ROOM + 1] = "";
	int rc;

	sp_span_u32(in); /* of a guest's process, or −1 */
	sp_span_copy(in, id, sizeof(id));
	size = sp_span_u8(in);
	sp_span_skip(in, 3);
	if (!(misc & HAS_SIZE) || size > sizeof(id))
		size = sizeof(id);
	if (in->over || (mode != PERF_RECORD_MISC_KERNEL && mode != PERF_RECORD_MISC_USER))
		return SP_END;
	for (uint8_t i = 0; i < size; i++)
		snprintf(hex + (size_t)2 * i, 3, "%02x", id[i]);
	*e = (struct sp_event){
		.type = SP_EV_BUILD_ID, .pid = SP_NO_TASK, .tid = SP_NO_TASK, .cpu = SP_NO_CPU
	};
	e->file.kernel = mode == PERF_RECORD_MISC_KERNEL;
	rc = strings_add(strings, hex, 2U * size, &e->file.build_id, err);
	return rc ? rc : add(strings, in, &e->file.path, err);
}

int symrecords_build_ids(struct sp_span in, struct strings *strings, struct sp_event_sink sink,
			 struct sp_err *err)
{
	int rc = SP_OK;

	while (rc >= 0 && sp_span_left(&in) >= 8) {
		struct sp_event e;
		struct sp_span body;
		uint16_t misc, size;

		sp_span_u32(&in); /* perf leaves the type 0 */
		misc = sp_span_u16(&in);
		size = sp_span_u16(&in);
		if (size < 8)
			break;
		body = sp_span_take(&in, size - 8U);
		if (body.over)
			break;
		rc = symrecords_build_id(&body, misc, strings, &e, err);
		if (rc == SP_OK)
			rc = sink.put(sink.self, &e, err);
	}
	return rc < 0 ? rc : SP_OK;
}

int symrecords_ksymbol(struct sp_span *in, struct strings *strings, struct sp_event *e,
		       struct sp_err *err)
{
	static const char bpf[] = "[bpf]", made[] = "[generated]";
	uint16_t type, flags;
	const char *module;
	int rc;

	e->type = SP_EV_KRANGE;
	e->krange.start = sp_span_u64(in);
	e->krange.len = sp_span_u32(in);
	type = sp_span_u16(in);
	flags = sp_span_u16(in);
	/* What goes keeps its name: samples of it may follow in another ring. */
	if (flags & PERF_RECORD_KSYMBOL_FLAGS_UNREGISTER || !e->krange.len)
		return SP_END;
	module = type == PERF_RECORD_KSYMBOL_TYPE_BPF ? bpf : made;
	rc = strings_add(strings, module, strlen(module), &e->krange.module, err);
	return rc ? rc : add(strings, in, &e->krange.name, err);
}
