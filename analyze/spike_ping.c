/*
 * Output of ping, best with -D (iputils ping.c; busybox and BSD print the same words):
 *
 *	[1595037214.261953] 64 bytes from 10.0.0.1: icmp_seq=1 ttl=64 time=0.041 ms
 *	[1595037216.301112] no answer yet for icmp_seq=2
 *
 * The stamp of a reply is taken as it is received. Without -D the times are start + seq × interval.
 * "no answer yet" (-O) comes as the next probe leaves: a reply may still follow.
 */
#include "latency.h"
#include "probes.h"

#include <stdlib.h>
#include <string.h>

#define SNIFF_LINES 50U
#define SEQS	    65536U

struct unanswered {
	bool is;
	uint32_t line;
	int64_t time_ns;
	uint64_t resolution_ns;
};

struct ping {
	struct probes probes;
	bool header; /* "PING …" was there: no reply at all is an answer too */
	uint32_t nwaiting;
	struct unanswered *waiting; /* SEQS of them; NULL: none has been unanswered */
};

static bool is_reply(const char *text, size_t len)
{
	return probes_has(text, len, "bytes from ") && probes_has(text, len, "seq=");
}

static bool fits(const struct spikeread *r, const char *text, size_t len)
{
	const char *line;
	size_t line_len;

	(void)r;
	for (uint32_t i = 0; i < SNIFF_LINES && spikeread_peek_line(&text, &len, &line, &line_len);
	     i++) {
		if (is_reply(line, line_len) || probes_has(line, line_len, "no answer yet for") ||
		    (line_len > 5 && memcmp(line, "PING ", 5) == 0))
			return true;
	}
	return false;
}

static int begin(struct spikeread *r, const char *text, size_t len, struct sp_err *err)
{
	struct ping *p = calloc(1, sizeof(*p));

	(void)text;
	(void)len;
	r->state = p;
	return p ? SP_OK : sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to read a ping log");
}

static int no_time(struct spikeread *r, const struct line *line, struct sp_err *err)
{
	if (r->seen.rows > r->seen.bad)
		return spikeread_bad(r, line->number, 1, "a time such as [1764000000.261953]",
				     line->text, line->len, err);
	return sp_fail(err, SP_EFORMAT, SP_NOWHERE,
		       "%.60s:%u:1: this ping log has no times: run ping -D, or say when its first "
		       "probe left with --spikes-start (and --spikes-interval)",
		       r->source, line->number);
}

static void answered(struct ping *p, struct unanswered *w)
{
	p->nwaiting -= w->is;
	w->is = false;
}

/* A probe that has had no answer is a spike of unknown latency, seen when ping gave up waiting. */
static int put_lost(struct spikeread *r, struct unanswered *w, struct sp_err *err)
{
	struct line line = { .number = w->line };
	struct sp_spike k = spikeread_blank(&line, SP_STAMP_END);

	if (!w->is)
		return SP_OK;
	answered(r->state, w);
	k.time_ns = w->time_ns;
	k.resolution_ns = w->resolution_ns;
	return spikeread_row(r, &k, "no answer", strlen("no answer"), err);
}

static int unanswered(struct spikeread *r, const struct line *line, struct sp_err *err)
{
	struct ping *p = r->state;
	struct sp_spike k = spikeread_blank(line, SP_STAMP_END);
	struct unanswered *w;
	uint16_t seq;
	size_t rest;
	int rc;

	if (!probes_number(line->text, line->len, "seq=", &seq))
		return spikeread_bad(r, line->number, 1, "icmp_seq=NUMBER", line->text, line->len,
				     err);
	/* Without a stamp it is only counted, as a gap. */
	if (!probes_time(r, line, &k, &rest))
		return SP_OK;
	if (!p->waiting)
		p->waiting = calloc(SEQS, sizeof(p->waiting[0]));
	if (!p->waiting)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to read a ping log");
	w = &p->waiting[seq];
	rc = put_lost(r, w, err);
	*w = (struct unanswered){
		.is = true,
		.line = line->number,
		.time_ns = k.time_ns,
		.resolution_ns = k.resolution_ns,
	};
	p->nwaiting++;
	return rc;
}

static int reply(struct spikeread *r, const struct line *line, struct sp_err *err)
{
	struct ping *p = r->state;
	struct sp_spike k = spikeread_blank(line, SP_STAMP_END);
	const char *time = memmem(line->text, line->len, "time=", 5);
	const char *end = line->text + line->len;
	size_t rest, used;
	char label[16];
	uint16_t seq;
	int64_t at;
	int n;

	if (!probes_number(line->text, line->len, "seq=", &seq))
		return spikeread_bad(r, line->number, 1, "icmp_seq=NUMBER", line->text, line->len,
				     err);
	if (probes_has(line->text, line->len, "(DUP!)")) {
		r->seen.duplicates++;
		return SP_OK;
	}
	at = probes_seq(&p->probes, seq);
	if (p->waiting)
		answered(p, &p->waiting[seq]);
	/* iputils counts from 1 and says icmp_seq, busybox from 0 and says seq. */
	if (!probes_time(r, line, &k, &rest) &&
	    !probes_time_of_seq(r, at - probes_has(line->text, line->len, "icmp_seq="), &k))
		return no_time(r, line, err);
	if (!time || !latency_prefix(time + 5, (size_t)(end - time - 5), 1000000, &k.latency_ns,
				     NULL, &used))
		return spikeread_bad(r, line->number, time ? (size_t)(time - line->text) + 6 : 1,
				     "time=NUMBER ms", time ? time + 5 : "",
				     time ? (size_t)(end - time - 5) : 0, err);
	n = snprintf(label, sizeof(label), "seq %u", seq);
	return spikeread_row(r, &k, label, (size_t)n, err);
}

static int line(struct spikeread *r, const struct line *in, struct sp_err *err)
{
	struct ping *p = r->state;

	if (is_reply(in->text, in->len))
		return reply(r, in, err);
	if (probes_has(in->text, in->len, "no answer yet for"))
		return unanswered(r, in, err);
	if (in->len > 5 && memcmp(in->text, "PING ", 5) == 0)
		p->header = true;
	return SP_OK;
}

static int end(struct spikeread *r, struct sp_err *err)
{
	struct ping *p = r->state;
	uint64_t unseen = p->nwaiting;
	int rc = SP_OK;

	for (uint32_t i = 0; i < SEQS && p->nwaiting && !rc; i++)
		rc = put_lost(r, &p->waiting[i], err);
	r->seen.lost = probes_lost(&p->probes);
	/* Those that ping itself has told of are spikes. */
	r->seen.lost -= unseen < r->seen.lost ? unseen : r->seen.lost;
	if (!rc && !r->seen.rows && !p->header)
		return sp_fail(err, SP_EFORMAT, SP_NOWHERE, "%.60s holds no reply of ping",
			       r->source);
	return rc;
}

static void free_state(struct spikeread *r)
{
	struct ping *p = r->state;

	if (p)
		free(p->waiting);
	free(p);
}

const struct spikeformat spike_ping = {
	.name = "ping",
	.what = "ping output",
	.code = SPIKEFILE_PING,
	.fits = fits,
	.begin = begin,
	.line = line,
	.end = end,
	.free = free_state,
};
