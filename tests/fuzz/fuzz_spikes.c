/*
 * Any bytes as a spike file: what comes out is a spike or an error with a text, and joining keeps
 * every row. The first byte chooses the options.
 */
#include "must.h"

#include "spikefile.h"
#include "stamps.h"

#include <string.h>

#define NEAR_NS INT64_C(1764000000000000000)
/* The last start that is read, and the greatest number that counts from a start. */
#define LATEST_NS (STAMPS_LAST_NS + INT64_C(100000000000000000))

static struct spikefile_cfg options(uint8_t choice)
{
	struct spikefile_cfg cfg = {
		.near_ns = NEAR_NS,
		.lenient = choice & 1,
		.min_latency_ns = choice & 2 ? 1000000 : 0,
	};

	switch (choice >> 4) {
	case 1:
		cfg.start = "2026-11-24T11:29:04Z";
		cfg.interval_ns = 10000000;
		break;
	case 2:
		cfg.columns = "time=2,latency=1:us,label=3";
		break;
	case 3:
		cfg.regex = "(?<time>[0-9][^ ]*) (?<latency>[^ ]*) ?(?<label>.*)";
		break;
	case 4:
		cfg.format = SPIKEFILE_CSV;
		break;
	case 5:
		cfg.format = SPIKEFILE_PING;
		cfg.start = "1764000000.5";
		break;
	case 6:
		cfg.format = SPIKEFILE_HPING;
		cfg.start = "1764000000.5";
		break;
	case 7:
		cfg.format = SPIKEFILE_LOG;
		cfg.tz = "+05:45";
		break;
	case 8:
		cfg.format = SPIKEFILE_JSON;
		break;
	case 9:
		cfg.format = SPIKEFILE_JSON;
		cfg.columns = "time=ts,latency=d:us,label=m.x";
		break;
	default:
		break;
	}
	return cfg;
}

static void check_rows(struct spikes *s, const struct spikefile_cfg *cfg)
{
	uint32_t n;
	struct sp_spike *all = spikes_all(s, &n);

	for (uint32_t i = 0; i < n; i++) {
		MUST(all[i].line >= 1 && all[i].count == 1);
		MUST(all[i].time_ns >= 0 && all[i].time_ns <= LATEST_NS);
		MUST(all[i].latency_ns == SP_UNKNOWN_NS ||
		     (all[i].latency_ns >= cfg->min_latency_ns &&
		      all[i].latency_ns <= UINT64_C(8640000000000000)));
		MUST(all[i].cpu == SP_NO_CPU || all[i].cpu < SP_MAX_CPUS);
		MUST(!all[i].label || strlen(all[i].label) <= SPIKES_LABEL_MAX);
		MUST(all[i].stamp <= SP_STAMP_END && all[i].resolution_ns >= 1);
	}
}

static void check_joined(struct spikes *s)
{
	uint32_t before, n;
	uint64_t rows = 0;
	struct sp_spike *all;

	spikes_all(s, &before);
	spikes_join(s);
	spikes_sort(s);
	all = spikes_all(s, &n);
	for (uint32_t i = 0; i < n; i++) {
		MUST(all[i].id == i + 1);
		MUST(!i || all[i].time_ns >= all[i - 1].time_ns);
		rows += all[i].count;
	}
	MUST(rows == before);
}

/* A pipe hands out the same bytes in pieces: what comes of them must be the same. */
static void check_pieces(const struct spikes *whole, const uint8_t *data, size_t size,
			 const struct spikefile_cfg *cfg, size_t piece)
{
	struct spikefile_seen seen;
	struct sp_err err = SP_ERR_INIT;
	sp_auto(spikes) s = NULL;
	sp_auto(spikefile) f = NULL;
	struct sp_spike *a, *b;
	uint32_t na, nb;

	if (spikes_new(&s, &err) || spikefile_new(&f, s, "fuzz", cfg, &err))
		return;
	for (size_t at = 0; at < size; at += piece) {
		size_t n = size - at < piece ? size - at : piece;

		MUST(spikefile_feed(f, (const char *)data + at, n, &err) == SP_OK);
	}
	MUST(spikefile_finish(f, &seen, &err) == SP_OK);
	a = spikes_all((struct spikes *)whole, &na);
	b = spikes_all(s, &nb);
	MUST(na == nb);
	for (uint32_t i = 0; i < na; i++)
		MUST(a[i].time_ns == b[i].time_ns && a[i].latency_ns == b[i].latency_ns &&
		     a[i].line == b[i].line && !a[i].label == !b[i].label &&
		     (!a[i].label || strcmp(a[i].label, b[i].label) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct spikefile_cfg cfg = options(size ? data[0] : 0);
	struct spikefile_seen seen = { 0 };
	struct sp_err err = SP_ERR_INIT;
	struct spikes *s = NULL;
	int rc;

	if (spikes_new(&s, &err))
		return 0;
	rc = spikefile_read_memory(s, "fuzz", size ? data + 1 : data, size ? size - 1 : 0, &cfg,
				   &seen, &err);
	MUST(rc <= 0 && err.code == rc);
	if (rc)
		MUST(err.text[0] && !strchr(err.text, '\n'));
	else
		MUST(seen.format && seen.kept + seen.below + seen.bad <= seen.rows);
	if (!rc) {
		check_rows(s, &cfg);
		if (data[0] & 4)
			check_pieces(s, data + 1, size - 1, &cfg, 1 + (data[0] & 8));
		check_joined(s);
	}
	spikes_free(s);
	return 0;
}
