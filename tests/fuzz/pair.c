#include "pair.h"

#include "must.h"

#include <sirqprof/limits.h>
#include <sirqprof/perfdata.h>
#include <stddef.h>
#include <string.h>

static struct pair_side here, there;
static struct swap swap;
static uint8_t record[(1 << 20) + 16], turned[sizeof(record)];

static int put(void *self, const struct sp_event *e, struct sp_err *err)
{
	struct pair_side *side = self;

	(void)err;
	MUST(e->cpu == SP_NO_CPU || e->cpu < SP_MAX_CPUS);
	if (side->nevents < PAIR_EVENTS)
		side->events[side->nevents++] = *e;
	return 0;
}

static bool begin(struct pair_side *s)
{
	struct decode_parts parts = { .sink = { put, s } };
	struct sp_err err = SP_ERR_INIT;

	s->nevents = 0;
	if (strings_new(&s->strings, &err) || stacks_new(&s->stacks, &err))
		return false;
	parts.strings = s->strings;
	parts.stacks = s->stacks;
	return decode_new(&s->decode, &parts, &err) == 0;
}

static void end(struct pair_side *s)
{
	decode_free(s->decode);
	stacks_free(s->stacks);
	strings_free(s->strings);
	s->decode = NULL;
	s->stacks = NULL;
	s->strings = NULL;
}

bool pair_begin(void)
{
	swap.nattrs = swap.nids = swap.npoints = 0;
	if (begin(&here) && begin(&there))
		return true;
	end(&here);
	end(&there);
	return false;
}

/* Says which record it was before it fails. */
static void same_events(uint32_t type, size_t size)
{
	bool same = here.nevents == there.nevents;

	for (uint32_t i = 0; same && i < here.nevents; i++)
		same = memcmp(&here.events[i], &there.events[i], sizeof(here.events[i])) == 0;
	for (size_t k = 0; !same && k < sizeof(here.events); k++)
		if (((const uint8_t *)here.events)[k] != ((const uint8_t *)there.events)[k])
			fprintf(stderr, "event %zu byte %zu\n", k / sizeof(here.events[0]),
				k % sizeof(here.events[0]));
	if (!same)
		fprintf(stderr, "record of type %u, %zu bytes of body: %u events, %u events\n",
			type, size, here.nevents, there.nevents);
	MUST(same);
	MUST(stacks_count(here.stacks) == stacks_count(there.stacks));
	here.nevents = there.nevents = 0;
}

void pair_put(uint32_t type, uint16_t misc, const uint8_t *body, size_t size)
{
	uint16_t head = (uint16_t)(type == SP_REC_HEADER_TRACING_DATA ? 12 : 8 + size);
	struct sp_record r = { .type = type, .misc = misc, .data = record, .size = 8 + size };
	struct sp_err err = SP_ERR_INIT, other = SP_ERR_INIT;

	memcpy(record, &type, 4);
	memcpy(record + 4, &misc, 2);
	memcpy(record + 6, &head, 2);
	if (size)
		memcpy(record + 8, body, size);
	memcpy(turned, record, 8 + size);
	swap_record(&swap, turned, 8 + size);
	MUST(decode_put(here.decode, &r, &err) == (int)err.code);
	r.data = turned;
	r.swap = true;
	MUST(decode_put(there.decode, &r, &other) == (int)other.code);
	MUST(err.code == other.code);
	same_events(type, size);
}

static bool ends(const char *text, size_t size)
{
	return memchr(text, 0, size) != NULL;
}

void pair_end(void)
{
	const struct decode_info *a = decode_info(here.decode), *b = decode_info(there.decode);

	for (size_t i = 0; memcmp(a, b, sizeof(*a)) != 0 && i < sizeof(*a); i++)
		if (((const uint8_t *)a)[i] != ((const uint8_t *)b)[i])
			fprintf(stderr, "they know otherwise at byte %zu\n", i);
	MUST(memcmp(a, b, sizeof(*a)) == 0);
	MUST(ends(a->host, sizeof(a->host)) && ends(a->kernel, sizeof(a->kernel)) &&
	     ends(a->version, sizeof(a->version)) && ends(a->arch, sizeof(a->arch)) &&
	     ends(a->boot_id, sizeof(a->boot_id)) && ends(a->sampler, sizeof(a->sampler)) &&
	     ends(a->capture_id, sizeof(a->capture_id)) &&
	     ends(a->thinned_name, sizeof(a->thinned_name)));
	end(&here);
	end(&there);
}
