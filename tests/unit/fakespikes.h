#ifndef FAKESPIKES_H
#define FAKESPIKES_H

/* A spike file that is being read, for tests of the parts that formats are made of. */
#include "spikeread.h"
#include "unit.h"

#define S  INT64_C(1000000000)
#define MS UINT64_C(1000000)
#define T  (INT64_C(1795519744) * S) /* 2026-11-24T11:29:04Z */

struct fakespikes {
	struct spikefile_cfg cfg;
	struct spikeread read;
};

static inline void fakespikes_new(struct fakespikes *f)
{
	struct sp_err err = SP_ERR_INIT;

	*f = (struct fakespikes){ 0 };
	f->read = (struct spikeread){
		.cfg = &f->cfg,
		.source = "made",
		.stamps.near_ns = T,
		.resolution_ns = UINT64_MAX,
	};
	f->read.seen.format = "a test";
	assert_int_equal(spikes_new(&f->read.into, &err), 0);
	assert_int_equal(zone_new(&f->read.stamps.zone, NULL, &err), 0);
}

static inline void fakespikes_free(struct fakespikes *f)
{
	spikes_free(f->read.into);
	zone_free(f->read.stamps.zone);
}

/* Relative times are counted from then. */
static inline void fakespikes_start(struct fakespikes *f, int64_t at_ns, uint64_t resolution_ns)
{
	f->read.has_start = true;
	f->read.start = (struct stamp){ .time_ns = at_ns, .resolution_ns = resolution_ns };
}

/* The only spike so far. */
static inline const struct sp_spike *fakespikes_one(struct fakespikes *f)
{
	uint32_t n;
	const struct sp_spike *all = spikes_all(f->read.into, &n);

	assert_int_equal(n, 1);
	return all;
}

/* What reading a text came to; the caller drops it. */
struct got {
	struct spikes *spikes;
	struct sp_spike *at;
	uint32_t n;
	struct spikefile_seen seen;
	struct sp_err err;
	int rc;
};

static inline struct got read_text(const char *text, size_t len, struct spikefile_cfg cfg)
{
	struct got g = { .err = SP_ERR_INIT };

	assert_int_equal(spikes_new(&g.spikes, &g.err), 0);
	cfg.near_ns = T;
	g.rc = spikefile_read_memory(g.spikes, "spikes.log", text, len, &cfg, &g.seen, &g.err);
	g.at = spikes_all(g.spikes, &g.n);
	return g;
}

static inline struct got reads(const char *text, struct spikefile_cfg cfg)
{
	struct got g = read_text(text, strlen(text), cfg);

	if (g.rc)
		print_error("%s\n", g.err.text);
	assert_int_equal(g.rc, 0);
	return g;
}

static inline void drop(struct got *g)
{
	spikes_free(g->spikes);
}

#endif
