#ifndef COLLECT_H
#define COLLECT_H

/*
 * A record sink that keeps what it gets, for tests of what makes records.
 */
#include <sirqprof/facts.h>
#include <sirqprof/record.h>
#include <sirqprof/span.h>

#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>

#define COLLECT_MAX 200000

struct collect {
	uint8_t *at[COLLECT_MAX];
	uint64_t size[COLLECT_MAX];
	uint32_t type[COLLECT_MAX];
	size_t n;
};

static int collect_put(void *self, const struct sp_record *r, struct sp_err *err)
{
	struct collect *c = self;

	if (c->n == COLLECT_MAX)
		return SP_OK;
	c->at[c->n] = malloc(r->size);
	if (!c->at[c->n])
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "collect");
	memcpy(c->at[c->n], r->data, r->size);
	c->size[c->n] = r->size;
	c->type[c->n++] = r->type;
	return SP_OK;
}

static inline struct sp_record_sink collect_sink(struct collect *c)
{
	return (struct sp_record_sink){ .put = collect_put, .self = c };
}

static inline void collect_free(struct collect *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->at[i]);
	c->n = 0;
}

static inline size_t collect_count(const struct collect *c, uint32_t type)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		n += c->type[i] == type;
	return n;
}

/* The body of the i-th record if it is a fact of this kind: behind header, IDENTIFIER, TIME, CPU,
 * size of RAW and the fact's head; else NULL. */
static inline const uint8_t *collect_fact(const struct collect *c, size_t i, uint16_t kind)
{
	struct sp_fact_head head;

	if (c->type[i] != PERF_RECORD_SAMPLE || c->size[i] < 44)
		return NULL;
	memcpy(&head, c->at[i] + 36, sizeof(head));
	return head.magic == SP_FACT_MAGIC && head.kind == kind ? c->at[i] + 44 : NULL;
}

#endif
