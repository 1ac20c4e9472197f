#include "colnames.h"

#include "latency.h"

#include <sirqprof/spike.h>

#include <string.h>

/*
 * Names after tidy(): lower case, words joined by '_', unit taken off. Where two columns have one
 * role the higher rank holds (labels, latencies: the first in the file of the highest).
 * tcp.analysis.* and icmp.resptime: the display filter reference of Wireshark.
 */
static const struct colname known[] = {
	{ "timestamp", ROLE_TIME, 5, SP_STAMP_UNKNOWN, 0 },
	{ "time_stamp", ROLE_TIME, 5, SP_STAMP_UNKNOWN, 0 },
	{ "ts", ROLE_TIME, 5, SP_STAMP_UNKNOWN, 0 },
	{ "epoch", ROLE_TIME, 5, SP_STAMP_UNKNOWN, 0 },
	{ "time_epoch", ROLE_TIME, 5, SP_STAMP_UNKNOWN, 0 },
	{ "unixtime", ROLE_TIME, 5, SP_STAMP_UNKNOWN, 0 },
	{ "unix_time", ROLE_TIME, 5, SP_STAMP_UNKNOWN, 0 },
	{ "unix", ROLE_TIME, 5, SP_STAMP_UNKNOWN, 0 },
	{ "datetime", ROLE_TIME, 5, SP_STAMP_UNKNOWN, 0 },
	{ "date_time", ROLE_TIME, 5, SP_STAMP_UNKNOWN, 0 },
	{ "frame_time_epoch", ROLE_TIME, 6, SP_STAMP_END, 0 },
	{ "frame_time", ROLE_TIME, 5, SP_STAMP_END, 0 },
	{ "frame_time_relative", ROLE_TIME, 3, SP_STAMP_END, 0 },
	{ "time", ROLE_TIME, 4, SP_STAMP_UNKNOWN, 0 },
	{ "start", ROLE_TIME, 3, SP_STAMP_START, 0 },
	{ "start_time", ROLE_TIME, 3, SP_STAMP_START, 0 },
	{ "starttime", ROLE_TIME, 3, SP_STAMP_START, 0 },	     /* ab -g */
	{ "realtime_timestamp", ROLE_TIME, 4, SP_STAMP_UNKNOWN, 0 }, /* journalctl -o json */
	{ "begin", ROLE_TIME, 3, SP_STAMP_START, 0 },
	{ "sent", ROLE_TIME, 3, SP_STAMP_START, 0 },
	{ "sent_at", ROLE_TIME, 3, SP_STAMP_START, 0 },
	{ "started_at", ROLE_TIME, 3, SP_STAMP_START, 0 },
	{ "end", ROLE_TIME, 3, SP_STAMP_END, 0 },
	{ "end_time", ROLE_TIME, 3, SP_STAMP_END, 0 },
	{ "received", ROLE_TIME, 3, SP_STAMP_END, 0 },
	{ "received_at", ROLE_TIME, 3, SP_STAMP_END, 0 },
	{ "finished_at", ROLE_TIME, 3, SP_STAMP_END, 0 },
	{ "created_at", ROLE_TIME, 2, SP_STAMP_UNKNOWN, 0 },
	{ "event_time", ROLE_TIME, 3, SP_STAMP_UNKNOWN, 0 },
	{ "eventtime", ROLE_TIME, 3, SP_STAMP_UNKNOWN, 0 },
	{ "log_time", ROLE_TIME, 3, SP_STAMP_UNKNOWN, 0 },
	{ "zeit", ROLE_TIME, 4, SP_STAMP_UNKNOWN, 0 },
	{ "when", ROLE_TIME, 2, SP_STAMP_UNKNOWN, 0 },
	{ "at", ROLE_TIME, 1, SP_STAMP_UNKNOWN, 0 },
	{ "t", ROLE_TIME, 1, SP_STAMP_UNKNOWN, 0 },
	{ "date", ROLE_DATE, 1, SP_STAMP_UNKNOWN, 0 },
	{ "latency", ROLE_LATENCY, 5, 0, 0 },
	{ "round_trip", ROLE_LATENCY, 5, 0, 0 },
	{ "roundtrip", ROLE_LATENCY, 5, 0, 0 },
	{ "rtt", ROLE_LATENCY, 5, 0, 0 },
	{ "lat", ROLE_LATENCY, 5, 0, 0 },
	{ "delay", ROLE_LATENCY, 4, 0, 0 },
	{ "elapsed", ROLE_LATENCY, 4, 0, 0 },
	{ "elapsed_time", ROLE_LATENCY, 4, 0, 0 },
	{ "duration", ROLE_LATENCY, 4, 0, 0 },
	{ "response_time", ROLE_LATENCY, 4, 0, 0 },
	{ "responsetime", ROLE_LATENCY, 4, 0, 0 },
	{ "request_time", ROLE_LATENCY, 4, 0, 1000000000 }, /* nginx $request_time */
	{ "upstream_response_time", ROLE_LATENCY, 3, 0, 1000000000 },
	{ "query_time", ROLE_LATENCY, 4, 0, 1000000000 }, /* MySQL's slow log */
	{ "event_duration", ROLE_LATENCY, 5, 0, 1 },	  /* Elastic Common Schema */
	{ "ping_time", ROLE_LATENCY, 4, 0, 0 },
	{ "wait", ROLE_LATENCY, 3, 0, 0 },
	{ "wait_time", ROLE_LATENCY, 3, 0, 0 },
	{ "latenz", ROLE_LATENCY, 4, 0, 0 },
	{ "dauer", ROLE_LATENCY, 4, 0, 0 },
	{ "round_trip_time", ROLE_LATENCY, 4, 0, 0 },
	{ "took", ROLE_LATENCY, 3, 0, 0 },
	{ "ttime", ROLE_LATENCY, 4, 0, 1000000 }, /* ab -g */
	{ "time_taken", ROLE_LATENCY, 3, 0, 0 },
	{ "tcp_analysis_ack_rtt", ROLE_LATENCY, 6, 0, 1000000000 },
	{ "tcp_analysis_rto", ROLE_LATENCY, 6, 0, 1000000000 },
	{ "icmp_resptime", ROLE_LATENCY, 6, 0, 1000000 },
	{ "dns_time", ROLE_LATENCY, 6, 0, 1000000000 },
	{ "http_time", ROLE_LATENCY, 6, 0, 1000000000 },
	{ "cpu", ROLE_CPU, 2, 0, 0 },
	{ "cpu_id", ROLE_CPU, 1, 0, 0 },
	{ "core", ROLE_CPU, 1, 0, 0 },
	{ "label", ROLE_LABEL, 9, 0, 0 },
	{ "name", ROLE_LABEL, 8, 0, 0 },
	{ "host", ROLE_LABEL, 7, 0, 0 },
	{ "target", ROLE_LABEL, 6, 0, 0 },
	{ "endpoint", ROLE_LABEL, 5, 0, 0 },
	{ "url", ROLE_LABEL, 5, 0, 0 },
	{ "info", ROLE_LABEL, 4, 0, 0 },
	{ "message", ROLE_LABEL, 3, 0, 0 },
	{ "msg", ROLE_LABEL, 3, 0, 0 },
	{ "log", ROLE_LABEL, 2, 0, 0 }, /* Docker's json-file */
	{ "tcp_analysis_retransmission", ROLE_RETRANSMIT, 2, 0, 0 },
	{ "tcp_analysis_fast_retransmission", ROLE_RETRANSMIT, 1, 0, 0 },
	{ "retransmission", ROLE_RETRANSMIT, 1, 0, 0 },
	{ "retransmit", ROLE_RETRANSMIT, 1, 0, 0 },
};

size_t colnames_tidy(char to[COLNAMES_MAX], const struct columns_name *name)
{
	size_t n = 0;

	for (size_t i = 0; i < name->len && n < COLNAMES_MAX - 1; i++) {
		char c = name->text[i];

		if (c >= 'A' && c <= 'Z') {
			/* responseTime is response_time, RTT is rtt. */
			if (i && n < COLNAMES_MAX - 2 && name->text[i - 1] >= 'a' &&
			    name->text[i - 1] <= 'z')
				to[n++] = '_';
			c = (char)(c - 'A' + 'a');
		}
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (uint8_t)c >= 0x80)
			to[n++] = c;
		else if (n && to[n - 1] != '_')
			to[n++] = '_';
	}
	while (n && to[n - 1] == '_')
		n--;
	to[n] = '\0';
	return n;
}

static const struct colname *find(const char *name)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].name[0] == name[0] && strcmp(known[i].name, name) == 0)
			return &known[i];
	}
	return NULL;
}

static const struct colname *whole(const struct columns_name *name, uint64_t *unit_ns)
{
	char text[COLNAMES_MAX];
	const struct colname *k;
	char *last;
	uint64_t unit;

	*unit_ns = 0;
	colnames_tidy(text, name);
	k = find(text);
	if (k) {
		*unit_ns = k->unit_ns;
		return k;
	}
	last = strrchr(text, '_');
	unit = last ? latency_unit(last + 1, strlen(last + 1)) : 0;
	if (!unit)
		return NULL;
	*last = '\0';
	k = find(text);
	if (k)
		*unit_ns = unit;
	return k;
}

const struct colname *colnames_find(const struct columns_name *name, uint64_t *unit_ns)
{
	const struct colname *k = whole(name, unit_ns);
	const char *dot = name->len ? memrchr(name->text, '.', name->len) : NULL;
	struct columns_name last;

	if (k || !dot)
		return k;
	last.text = dot + 1;
	last.len = name->len - (size_t)(dot + 1 - name->text);
	return last.len ? whole(&last, unit_ns) : NULL;
}
