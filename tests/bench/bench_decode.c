/*
 * A recording's bytes → typed events in order of time, by one core: no analysis, no names.
 *
 *	bench_decode FILE [RUNS]
 *	{"bench":"decode","best_s":…,"gb_per_s":…,"ns_per_record":…,"records":…,"events":…,"check":…}
 */
#include "decode.h"
#include "order.h"
#include "reader.h"
#include "stacks.h"
#include "strings.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

struct seen {
	struct order *order;
	uint64_t records, bytes, events, check;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static int to_order(void *self, const struct sp_event *e, struct sp_err *err)
{
	struct seen *s = self;

	return order_put(s->order, e, err);
}

static int take(void *self, const struct sp_event *e, struct sp_err *err)
{
	struct seen *s = self;

	(void)err;
	s->events++;
	s->check = s->check * 31 + e->time_ns + e->type;
	return SP_OK;
}

static int run(const char *path, struct seen *s, struct sp_err *err)
{
	struct decode_parts parts = { .sink = { to_order, s } };
	sp_auto(strings) strings = NULL;
	sp_auto(stacks) stacks = NULL;
	sp_auto(order) order = NULL;
	sp_auto(decode) decode = NULL;
	sp_auto(reader) reader = NULL;
	struct sp_record r;
	int rc = reader_open(&reader, path, err);

	rc = rc ? rc : strings_new(&strings, err);
	rc = rc ? rc : stacks_new(&stacks, err);
	rc = rc ? rc : order_new(&order, (struct sp_event_sink){ take, s }, err);
	parts.strings = strings;
	parts.stacks = stacks;
	rc = rc ? rc : decode_new(&decode, &parts, err);
	s->order = order;
	while (!rc && !(rc = reader_next(reader, &r, err))) {
		s->records++;
		s->bytes += r.size;
		rc = decode_put(decode, &r, err);
	}
	return rc == SP_END ? order_flush(order, err) : rc;
}

int main(int argc, char **argv)
{
	int runs = argc > 2 ? atoi(argv[2]) : 5;
	uint64_t best = UINT64_MAX;
	struct seen s = { 0 };

	if (argc < 2 || runs < 1) {
		fprintf(stderr, "usage: bench_decode FILE [RUNS]\n");
		return 2;
	}
	for (int i = 0; i < runs; i++) {
		struct sp_err err = SP_ERR_INIT;
		uint64_t begin = now_ns(), took;

		s = (struct seen){ 0 };
		if (run(argv[1], &s, &err)) {
			fprintf(stderr, "bench_decode: %s\n", err.text);
			return 1;
		}
		took = now_ns() - begin;
		best = took < best ? took : best;
	}
	printf("{\"bench\":\"decode\",\"best_s\":%.4f,\"gb_per_s\":%.3f,\"ns_per_record\":%.1f,"
	       "\"records\":%" PRIu64 ",\"events\":%" PRIu64 ",\"check\":%" PRIu64 "}\n",
	       (double)best / 1e9, (double)s.bytes / (double)best, (double)best / (double)s.records,
	       s.records, s.events, s.check);
	return 0;
}
