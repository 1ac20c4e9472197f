/*
 * Any bytes as what a recording says of itself: feature sections, attrs, their names and ids.
 *
 * Input: for each section its kind, its size in two bytes, its bytes. Must hold: what is known
 * afterwards is text that ends, and the same when a machine of the other byte order wrote it
 * (pair.h).
 */
#include "must.h"
#include "pair.h"

#include <linux/perf_event.h>
#include <sirqprof/perfdata.h>
#include <string.h>

#define KIND_ATTR   32
#define KIND_UPDATE 33
#define KIND_INDEX  34
#define KIND_BIND   35
#define KINDS	    36

static void put(uint8_t kind, const uint8_t *data, size_t size)
{
	static uint8_t body[65536];
	uint64_t bit = kind;

	switch (kind) {
	case KIND_ATTR:
		pair_put(SP_REC_HEADER_ATTR, 0, data, size);
		break;
	case KIND_UPDATE:
		pair_put(SP_REC_EVENT_UPDATE, 0, data, size);
		break;
	case KIND_INDEX:
		pair_put(SP_REC_ID_INDEX, 0, data, size);
		break;
	case KIND_BIND: /* the first record behind the header binds the events */
		pair_put(SP_REC_FINISHED_INIT, 0, data, 0);
		break;
	case SP_FEAT_TRACING_DATA: /* has a target of its own */
		break;
	default:
		memcpy(body, &bit, 8);
		memcpy(body + 8, data, size);
		pair_put(SP_REC_HEADER_FEATURE, 0, body, 8 + size);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t at = 0;

	if (!pair_begin())
		return 0;
	while (size - at >= 3) {
		uint8_t kind = data[at] % KINDS;
		size_t n = (size_t)data[at + 1] | (size_t)(data[at + 2] & 15) << 8;

		at += 3;
		n = n < size - at ? n : size - at;
		put(kind, data + at, n);
		at += n;
	}
	pair_end();
	return 0;
}
