#include "quality.h"

#include <stdlib.h>
#include <string.h>

struct quality {
	struct sp_quality_row rows[QUALITY_MAX]; /* detail is ours */
	uint32_t n;
};

/* How much a code hurts: whether verdicts suffer, may suffer, or are only explained by it. */
static enum sp_severity severity_of(enum sp_quality_code code)
{
	switch (code) {
	case SP_Q_LOST:
	case SP_Q_THINNED:
	case SP_Q_NO_FORMATS:
	case SP_Q_MISSING_EVENT:
	case SP_Q_NO_CPU_TOLD:
	case SP_Q_TRUNCATED:
	case SP_Q_CLOCK_NOT_MONOTONIC:
	case SP_Q_SPIKES_OUTSIDE:
	case SP_Q_OFFLINE:
		return SP_SEV_ERROR;
	case SP_Q_EVENT_FALLBACK:
	case SP_Q_NO_NMI:
	case SP_Q_NO_REGS_INTR:
	case SP_Q_NO_WITNESS:
	case SP_Q_OLD_KERNEL_BH:
	case SP_Q_REALTIME:
	case SP_Q_SLOW_WATCH:
	case SP_Q_GONE_CODE:
	case SP_Q_TOO_MUCH:
	case SP_Q_TZ_ASSUMED:
	case SP_Q_SPIKES_LOST_REPLIES:
	case SP_Q_SPIKES_UNIT:
	case SP_Q_SPIKES_NO_LATENCY:
	case SP_Q_FILE_UNKNOWN:
	case SP_Q_FILE_INFERRED:
	case SP_Q_UNKNOWN_RECORD:
	case SP_Q_PRIVATE:
	case SP_Q_SMALL_RING:
	case SP_Q_THIN_NET_RX:
	case SP_Q_HOLES:
	case SP_Q_STEAL_UNREPORTED:
		return SP_SEV_INFO;
	default:
		return SP_SEV_WARNING;
	}
}

int quality_new(struct quality **ret, struct sp_err *err)
{
	struct quality *q = calloc(1, sizeof(*q));

	if (!q)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the quality table");
	*ret = q;
	return SP_OK;
}

void quality_free(struct quality *q)
{
	if (!q)
		return;
	for (uint32_t i = 0; i < q->n; i++)
		free((char *)q->rows[i].detail);
	free(q);
}

static struct sp_quality_row *find(struct quality *q, uint32_t code, uint32_t cpu,
				   const char *detail)
{
	for (uint32_t i = 0; i < q->n; i++) {
		struct sp_quality_row *row = &q->rows[i];

		if (row->code == code && row->cpu == cpu && strcmp(row->detail, detail) == 0)
			return row;
	}
	return NULL;
}

/* The row of the three keys; when the table is nearly full, the code's row for all CPUs. */
static int row_of(struct quality *q, enum sp_quality_code code, uint32_t cpu, const char *detail,
		  struct sp_quality_row **ret, struct sp_err *err)
{
	char *copy;

	detail = detail ? detail : "";
	*ret = find(q, code, cpu, detail);
	if (*ret)
		return SP_OK;
	/* The last rows are kept for one catch-all a code. */
	if (q->n >= QUALITY_MAX - 64) {
		cpu = SP_NO_CPU;
		detail = "";
		*ret = find(q, code, cpu, detail);
		if (*ret)
			return SP_OK;
	}
	if (q->n == QUALITY_MAX)
		return SP_OK; /* codes that nobody knows: a made file */
	copy = strdup(detail);
	if (!copy)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for a quality row");
	*ret = &q->rows[q->n++];
	**ret = (struct sp_quality_row){
		.code = code,
		.cpu = cpu,
		.severity = (uint8_t)severity_of(code),
		.detail = copy,
	};
	return SP_OK;
}

int quality_add(struct quality *q, enum sp_quality_code code, uint32_t cpu, uint64_t count,
		const char *detail, struct sp_err *err)
{
	struct sp_quality_row *row;
	int rc = row_of(q, code, cpu, detail, &row, err);

	if (rc || !row)
		return rc;
	row->count = row->count > UINT64_MAX - count ? UINT64_MAX : row->count + count;
	return SP_OK;
}

static int worst_first(const void *a, const void *b)
{
	const struct sp_quality_row *x = a, *y = b;

	if (x->severity != y->severity)
		return x->severity > y->severity ? -1 : 1;
	if (x->code != y->code)
		return x->code < y->code ? -1 : 1;
	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	return strcmp(x->detail, y->detail);
}

const struct sp_quality_row *quality_rows(struct quality *q, uint32_t *n)
{
	qsort(q->rows, q->n, sizeof(q->rows[0]), worst_first);
	*n = q->n;
	return q->rows;
}
