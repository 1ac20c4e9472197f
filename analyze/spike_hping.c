/*
 * Output of hping3 (antirez/hping, waitpacket.c):
 *
 *	len=46 ip=10.0.0.1 ttl=64 DF id=0 sport=80 flags=SA seq=1485 win=29200 rtt=127.1 ms
 *	len=28 ip=10.0.0.1 ttl=64 id=9 icmp_seq=104 rtt=110.0 ms
 *	DUP! len=46 …
 *
 * It prints no time: a probe left at start + seq × interval. Where something has put a stamp before
 * each line (ts(1), a logger), that is when the reply came.
 */
#include "latency.h"
#include "probes.h"

#include <stdlib.h>
#include <string.h>

#define SNIFF_LINES 50U

struct hping {
	struct probes probes;
	bool header;
};

static bool is_reply(const char *text, size_t len)
{
	return probes_has(text, len, "seq=") && probes_has(text, len, " rtt=");
}

static bool is_header(const char *text, size_t len)
{
	return len > 6 && memcmp(text, "HPING ", 6) == 0;
}

static bool fits(const struct spikeread *r, const char *text, size_t len)
{
	const char *line;
	size_t line_len;

	(void)r;
	for (uint32_t i = 0; i < SNIFF_LINES && spikeread_peek_line(&text, &len, &line, &line_len);
	     i++) {
		if (is_header(line, line_len) ||
		    (is_reply(line, line_len) &&
		     (probes_has(line, line_len, "ip=") || probes_has(line, line_len, "flags="))))
			return true;
	}
	return false;
}

static int begin(struct spikeread *r, const char *text, size_t len, struct sp_err *err)
{
	(void)text;
	(void)len;
	r->state = calloc(1, sizeof(struct hping));
	return r->state ? SP_OK
			: sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to read an hping3 log");
}

static int reply(struct spikeread *r, const struct line *line, struct sp_err *err)
{
	struct hping *h = r->state;
	struct sp_spike k = spikeread_blank(line, SP_STAMP_END);
	const char *rtt = memmem(line->text, line->len, " rtt=", 5);
	size_t rest, used, from = (size_t)(rtt + 5 - line->text);
	char label[16];
	uint16_t seq;
	int64_t at;
	int n;

	if (!probes_number(line->text, line->len, "seq=", &seq))
		return spikeread_bad(r, line->number, 1, "seq=NUMBER", line->text, line->len, err);
	if (probes_has(line->text, line->len, "DUP!")) {
		r->seen.duplicates++;
		return SP_OK;
	}
	at = probes_seq(&h->probes, seq);
	if (!probes_time(r, line, &k, &rest) && !probes_time_of_seq(r, at, &k))
		return sp_fail(err, SP_EFORMAT, SP_NOWHERE,
			       "%.60s:%u:1: hping3 prints no times: say when its first probe left "
			       "with --spikes-start TIME, and --spikes-interval unless it is 1 s",
			       r->source, line->number);
	if (!latency_prefix(rtt + 5, line->len - from, 1000000, &k.latency_ns, NULL, &used))
		return spikeread_bad(r, line->number, from + 1, "rtt=NUMBER ms", rtt + 5,
				     line->len - from, err);
	n = snprintf(label, sizeof(label), "seq %u", seq);
	return spikeread_row(r, &k, label, (size_t)n, err);
}

static int line(struct spikeread *r, const struct line *in, struct sp_err *err)
{
	struct hping *h = r->state;

	if (is_reply(in->text, in->len))
		return reply(r, in, err);
	h->header = h->header || is_header(in->text, in->len);
	return SP_OK;
}

static int end(struct spikeread *r, struct sp_err *err)
{
	struct hping *h = r->state;

	r->seen.lost = probes_lost(&h->probes);
	if (!r->seen.rows && !h->header)
		return sp_fail(err, SP_EFORMAT, SP_NOWHERE, "%.60s holds no reply of hping3",
			       r->source);
	return SP_OK;
}

static void free_state(struct spikeread *r)
{
	free(r->state);
}

const struct spikeformat spike_hping = {
	.name = "hping3",
	.what = "hping3 output",
	.code = SPIKEFILE_HPING,
	.fits = fits,
	.begin = begin,
	.line = line,
	.end = end,
	.free = free_state,
};
