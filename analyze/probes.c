#include "probes.h"

#include <string.h>

#define DEFAULT_INTERVAL_NS UINT64_C(1000000000)

int64_t probes_seq(struct probes *p, uint16_t seq)
{
	if (!p->any) {
		p->any = true;
		p->at = p->min = p->max = seq;
	} else {
		p->at += (int16_t)(uint16_t)(seq - p->last);
	}
	p->last = seq;
	p->min = p->at < p->min ? p->at : p->min;
	p->max = p->at > p->max ? p->at : p->max;
	p->replies++;
	return p->at;
}

uint64_t probes_lost(const struct probes *p)
{
	uint64_t sent = p->any ? (uint64_t)(p->max - p->min) + 1 : 0;

	return sent > p->replies ? sent - p->replies : 0;
}

bool probes_time(struct spikeread *r, const struct line *line, struct sp_spike *row, size_t *rest)
{
	struct stamp stamp;

	*rest = 0;
	/* "64 bytes from" begins with a number as well, but with a small one. */
	if (!stamps_prefix(&r->stamps, line->text, line->len, &stamp) || stamp.relative)
		return false;
	*rest = stamp.used;
	return spikeread_stamp(r, &stamp, row);
}

bool probes_time_of_seq(const struct spikeread *r, int64_t seq, struct sp_spike *row)
{
	uint64_t interval_ns = r->cfg->interval_ns ? r->cfg->interval_ns : DEFAULT_INTERVAL_NS;
	int64_t ns;

	if (!r->has_start || __builtin_mul_overflow(seq, (int64_t)interval_ns, &ns) ||
	    __builtin_add_overflow(ns, r->start.time_ns, &ns) || ns < 0 || ns > STAMPS_LAST_NS)
		return false;
	row->time_ns = ns;
	row->resolution_ns = 1;
	row->shared_ns = r->start.resolution_ns;
	row->stamp = SP_STAMP_START;
	return true;
}

bool probes_has(const char *text, size_t len, const char *what)
{
	return len && memmem(text, len, what, strlen(what)) != NULL;
}

bool probes_number(const char *text, size_t len, const char *key, uint16_t *ret)
{
	const char *at = len ? memmem(text, len, key, strlen(key)) : NULL;
	const char *end = text + len;
	uint32_t v = 0;

	if (!at)
		return false;
	at += strlen(key);
	if (at == end || *at < '0' || *at > '9')
		return false;
	for (; at < end && *at >= '0' && *at <= '9'; at++) {
		v = v * 10 + (uint32_t)(*at - '0');
		if (v > UINT16_MAX)
			return false;
	}
	*ret = (uint16_t)v;
	return true;
}
