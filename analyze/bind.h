#ifndef BIND_H
#define BIND_H

/*
 * What each event of a recording is to the analysis, and what the recording can show with it.
 *
 * In:    events (attrs.h) and tracepoint formats (fields.h), when both are known
 * Out:   each event's kind, decoder and fixed places of its fields; struct decode_info
 * Keeps: whether a sampler was met
 */
#include "decode.h"
#include "fields.h"

struct attr;

enum attr_kind { KIND_UNSEEN, KIND_SAMPLER, KIND_TICK, KIND_POINT, KIND_FACT, KIND_OTHER };

struct bind {
	const struct formats *formats; /* borrowed, as info */
	struct decode_info *info;
	bool have_sampler;
};

/* Fills a->kind, ->bound (by malloc(); for the caller to free), ->layout and ->softirq. SP_ENOMEM.
 */
int bind_attr(struct bind *b, struct attr *a, struct sp_err *err);

#endif
