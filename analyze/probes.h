#ifndef PROBES_H
#define PROBES_H

/*
 * What the logs of ping and hping3 share: replies with a sequence number of 16 bits.
 */
#include "spikeread.h"

/* Sequence numbers unwrapped, and how many replies are missing. */
struct probes {
	bool any;
	uint16_t last;
	int64_t at; /* .last, unwrapped */
	int64_t min, max;
	uint64_t replies;
};

/* The unwrapped number of a reply: the one nearest to that of the reply before. */
int64_t probes_seq(struct probes *p, uint16_t seq);

/* Probes between the first and the last reply that had none. */
uint64_t probes_lost(const struct probes *p);

/*
 * When the probe came back or left: the stamp that begins the line, or else start + seq × interval.
 * *rest is where the text after the stamp begins. False: the line has no time and none is known.
 */
bool probes_time(struct spikeread *r, const struct line *line, struct sp_spike *row, size_t *rest);
bool probes_time_of_seq(const struct spikeread *r, int64_t seq, struct sp_spike *row);

/* Finds key ("seq=") in the text and reads the number of 16 bits behind it. */
bool probes_number(const char *text, size_t len, const char *key, uint16_t *ret);

bool probes_has(const char *text, size_t len, const char *what);

#endif
