#ifndef FAKESCENE_H
#define FAKESCENE_H

/* A recording made by hand, and the judge at work on it. One scene at a time. */
#include "judge.h"
#include "unit.h"

#define MS	   UINT64_C(1000000)
#define S	   (1000 * MS)
#define MAX_STALLS 8000
#define MAX_SPIKES 10000

/* A recording of ncpus from 100 s on, with what happened in it. */
struct scene {
	struct coverage *coverage;
	struct sides *sides;
	struct sp_stall stalls[MAX_STALLS];
	struct sp_spike spikes[MAX_SPIKES];
	uint32_t nstalls, nspikes;
	struct judge *judge;
	const struct sp_verdict *v;
};

#define BEGIN (100 * S)

static inline uint64_t draw(uint64_t *seed, uint64_t below)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return (*seed * UINT64_C(2685821657736338717) >> 20) % below;
}

static inline struct scene *scene(uint32_t ncpus, uint64_t length_ns)
{
	static struct scene s;
	struct sp_err err = SP_ERR_INIT;

	memset(&s, 0, sizeof(s));
	assert_int_equal(coverage_new(&s.coverage, &err), 0);
	for (uint32_t cpu = 0; cpu < ncpus; cpu++)
		assert_int_equal(coverage_cpu(s.coverage, cpu, BEGIN, BEGIN + length_ns, &err), 0);
	assert_int_equal(sides_new(&s.sides, &err), 0);
	return &s;
}

static inline void clear(struct scene *s)
{
	judge_free(s->judge);
	coverage_free(s->coverage);
	sides_free(s->sides);
}

static inline struct sp_stall *stall(struct scene *s, uint32_t cpu, uint64_t begin_ns,
				     uint64_t length_ns)
{
	struct sp_stall *k = &s->stalls[s->nstalls++];

	*k = (struct sp_stall){
		.cpu = cpu,
		.begin_ns = BEGIN + begin_ns,
		.end_ns = BEGIN + begin_ns + length_ns,
		.mechanism = SP_MECH_IRQS_OFF,
		.confidence = 0.98,
		.tid = (int32_t)cpu + 1000,
		.comm = cpu + 1,
	};
	return k;
}

/* A spike whose window is [at - latency, at], or a second around at without one. */
static inline struct sp_spike *spike(struct scene *s, uint64_t at_ns, uint64_t latency_ns)
{
	struct sp_spike *k = &s->spikes[s->nspikes++];
	uint64_t length_ns = latency_ns == SP_UNKNOWN_NS ? S : latency_ns;

	*k = (struct sp_spike){
		.id = s->nspikes,
		.source = "test",
		.cpu = SP_NO_CPU,
		.count = 1,
		.latency_ns = latency_ns,
		.stamp = SP_STAMP_END,
		.begin_ns = BEGIN + at_ns - length_ns,
		.end_ns = BEGIN + at_ns,
	};
	return k;
}

static inline int by_begin(const void *a, const void *b)
{
	const struct sp_stall *x = a, *y = b;

	return x->begin_ns == y->begin_ns ? 0 : x->begin_ns < y->begin_ns ? -1 : 1;
}

static inline const char *str_of(void *self, sp_str s)
{
	(void)self;
	return s == 7 ? "SOCKET_PFMEMALLOC" : "?";
}

static inline const char *comm_of(void *self, int32_t tid, uint64_t at_ns)
{
	(void)self;
	(void)at_ns;
	return tid == 55 ? "java" : "?";
}

/* Judges, and checks what holds of every verdict. */
static inline const struct sp_verdict *judge(struct scene *s)
{
	struct judge_cfg cfg = { .min_stall_ns = MS, .str = str_of, .comm = comm_of };
	struct sp_err err = SP_ERR_INIT;
	struct judge_input in = {
		.spikes = s->spikes,
		.nspikes = s->nspikes,
		.stalls = s->stalls,
		.coverage = s->coverage,
		.sides = s->sides,
	};

	qsort(s->stalls, s->nstalls, sizeof(s->stalls[0]), by_begin);
	for (uint32_t i = 0; i < s->nstalls; i++)
		s->stalls[i].id = i + 1;
	in.nstalls = s->nstalls;
	assert_int_equal(judge_new(&s->judge, &cfg, &in, &err), 0);
	s->v = judge_verdicts(s->judge);
	for (uint32_t i = 0; i < s->nspikes; i++) {
		const struct sp_verdict *v = &s->v[i];
		bool explains = v->kind == SP_VERDICT_STALL || v->kind == SP_VERDICT_DROP ||
				v->kind == SP_VERDICT_TASK_DELAY;

		assert_int_equal(v->explained, explains);
		if (explains)
			assert_true(v->chance <= JUDGE_CHANCE && v->confidence > 0 &&
				    v->confidence <= 1);
		if (v->why == SP_WHY_CHANCE)
			assert_true(v->chance > JUDGE_CHANCE);
		if (s->spikes[i].latency_ns != SP_UNKNOWN_NS)
			assert_true(v->explained_ns <= s->spikes[i].latency_ns);
	}
	return s->v;
}

#endif
