#include "spikes.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES  (64U << 10)
#define RECENT	     256U /* labels remembered to keep equal ones once */
#define OPEN_RUNS    8U	  /* runs that may interleave */
#define OVERTAKES_NS 1000000U

struct chunk {
	struct chunk *next;
	char text[CHUNK_BYTES];
};

struct spikes {
	struct sp_spike *at;
	uint32_t n, room;
	uint64_t dropped;
	struct chunk *chunks;
	size_t used; /* of the first chunk */
	size_t label_bytes;
	const char *recent[RECENT];
};

int spikes_new(struct spikes **ret, struct sp_err *err)
{
	struct spikes *s = calloc(1, sizeof(*s));

	if (!s)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for spikes");
	*ret = s;
	return SP_OK;
}

void spikes_free(struct spikes *s)
{
	if (!s)
		return;
	while (s->chunks) {
		struct chunk *next = s->chunks->next;

		free(s->chunks);
		s->chunks = next;
	}
	free(s->at);
	free(s);
}

static uint32_t hash(const char *text, size_t len)
{
	uint32_t h = 2166136261U;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)text[i]) * 16777619U;
	return h;
}

/* Cuts at len, but not inside a UTF-8 character. */
static size_t cut_at(const char *text, size_t len)
{
	if (len <= SPIKES_LABEL_MAX)
		return len;
	len = SPIKES_LABEL_MAX;
	while (len && ((uint8_t)text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

static const char *keep_label(struct spikes *s, const char *text, size_t len)
{
	const char **seen;
	struct chunk *c;
	char *to;

	len = cut_at(text, len);
	seen = &s->recent[hash(text, len) % RECENT];
	if (*seen && strlen(*seen) == len && memcmp(*seen, text, len) == 0)
		return *seen;
	if (s->label_bytes + len + 1 > SPIKES_LABEL_BYTES)
		return NULL;
	if (!s->chunks || s->used + len + 1 > CHUNK_BYTES) {
		c = malloc(sizeof(*c));
		if (!c)
			return NULL;
		c->next = s->chunks;
		s->chunks = c;
		s->used = 0;
	}
	to = s->chunks->text + s->used;
	memcpy(to, text, len);
	to[len] = '\0';
	/* A NUL inside would end it early: what follows is not kept. */
	s->used += len + 1;
	s->label_bytes += len + 1;
	*seen = to;
	return to;
}

static int by_latency(const void *a, const void *b)
{
	const struct sp_spike *x = a, *y = b;

	return x->latency_ns == y->latency_ns ? 0 : x->latency_ns > y->latency_ns ? -1 : 1;
}

/* Room for one more: grows, and at the limit drops the half that is least late. */
static int make_room(struct spikes *s, struct sp_err *err)
{
	uint32_t room = s->room ? s->room * 2 : 256;
	struct sp_spike *at;

	if (s->n < s->room)
		return SP_OK;
	if (s->n == SP_MAX_SPIKES) {
		qsort(s->at, s->n, sizeof(s->at[0]), by_latency);
		s->dropped += s->n - s->n / 2;
		s->n /= 2;
		return SP_OK;
	}
	room = room > SP_MAX_SPIKES ? SP_MAX_SPIKES : room;
	at = realloc(s->at, room * sizeof(*at));
	if (!at)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for %u spikes", room);
	s->at = at;
	s->room = room;
	return SP_OK;
}

int spikes_add(struct spikes *s, const struct sp_spike *row, const char *label, size_t label_len,
	       struct sp_err *err)
{
	int rc = make_room(s, err);

	if (rc)
		return rc;
	s->at[s->n] = *row;
	s->at[s->n].label = label && label_len ? keep_label(s, label, label_len) : NULL;
	s->at[s->n].count = row->count ? row->count : 1;
	s->n++;
	return SP_OK;
}

/* When it left and when it came back, as far as its stamp tells. */
static void instants(const struct sp_spike *k, uint8_t stamp, int64_t *left_ns, int64_t *came_ns)
{
	*left_ns = stamp == SP_STAMP_START ? k->time_ns : k->time_ns - (int64_t)k->latency_ns;
	*came_ns = stamp == SP_STAMP_START ? k->time_ns + (int64_t)k->latency_ns : k->time_ns;
}

/* A run that may still grow. */
struct run {
	uint32_t kept; /* index of its spike */
	struct sp_spike first, last;
};

static int64_t apart(int64_t a, int64_t b)
{
	return a > b ? a - b : b - a;
}

static bool joins_as(const struct run *r, uint64_t worst_ns, const struct sp_spike *k,
		     uint8_t stamp)
{
	int64_t left_ns, came_ns, last_left_ns, last_came_ns, first_left_ns, first_came_ns;
	int64_t slack_ns = SPIKES_JOIN_NS;

	instants(k, stamp, &left_ns, &came_ns);
	instants(&r->last, stamp, &last_left_ns, &last_came_ns);
	instants(&r->first, stamp, &first_left_ns, &first_came_ns);
	if ((int64_t)(worst_ns / 50) > slack_ns)
		slack_ns = (int64_t)(worst_ns / 50);
	if (apart(left_ns, last_left_ns) / 2 > slack_ns)
		slack_ns = apart(left_ns, last_left_ns) / 2;
	/* Replies that were held may overtake each other; one that was not held is another matter.
	 */
	if (left_ns + SPIKES_JOIN_NS < last_left_ns &&
	    (k->latency_ns < OVERTAKES_NS || r->last.latency_ns < OVERTAKES_NS))
		return false;
	/* Stamps coarser than that cannot tell a run from a coincidence. */
	return k->resolution_ns <= (uint64_t)slack_ns && left_ns <= first_came_ns &&
	       apart(came_ns, last_came_ns) <= slack_ns;
}

static bool joins(const struct run *r, const struct sp_spike *worst, const struct sp_spike *k)
{
	if (k->source != r->last.source || k->cpu != r->last.cpu || k->stamp != r->last.stamp)
		return false;
	if (k->stamp != SP_STAMP_UNKNOWN)
		return joins_as(r, worst->latency_ns, k, k->stamp);
	return joins_as(r, worst->latency_ns, k, SP_STAMP_END) ||
	       joins_as(r, worst->latency_ns, k, SP_STAMP_START);
}

static void join(struct run *r, struct sp_spike *worst, const struct sp_spike *k)
{
	uint32_t count = worst->count + k->count;
	bool retransmit = worst->is_retransmit || k->is_retransmit;

	if (k->latency_ns > worst->latency_ns)
		*worst = *k;
	worst->count = count;
	worst->is_retransmit = retransmit;
	r->last = *k;
}

static int by_source_time(const void *a, const void *b)
{
	const struct sp_spike *x = a, *y = b;

	if (x->source != y->source)
		return (uintptr_t)x->source < (uintptr_t)y->source ? -1 : 1;
	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return x->line == y->line ? 0 : x->line < y->line ? -1 : 1;
}

void spikes_join(struct spikes *s)
{
	struct run runs[OPEN_RUNS];
	uint32_t nruns = 0, oldest = 0, kept = 0;

	if (s->n)
		qsort(s->at, s->n, sizeof(s->at[0]), by_source_time);
	for (uint32_t i = 0; i < s->n; i++) {
		struct sp_spike k = s->at[i];
		uint32_t r = 0;

		if (k.latency_ns == SP_UNKNOWN_NS) {
			s->at[kept++] = k;
			continue;
		}
		while (r < nruns && !joins(&runs[r], &s->at[runs[r].kept], &k))
			r++;
		if (r < nruns) {
			join(&runs[r], &s->at[runs[r].kept], &k);
			continue;
		}
		r = nruns < OPEN_RUNS ? nruns++ : oldest++ % OPEN_RUNS;
		runs[r] = (struct run){ .kept = kept, .first = k, .last = k };
		s->at[kept++] = k;
	}
	s->n = kept;
}

static int by_time(const void *a, const void *b)
{
	const struct sp_spike *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return x->line == y->line ? 0 : x->line < y->line ? -1 : 1;
}

void spikes_sort(struct spikes *s)
{
	if (s->n)
		qsort(s->at, s->n, sizeof(s->at[0]), by_time);
	for (uint32_t i = 0; i < s->n; i++)
		s->at[i].id = i + 1;
}

struct sp_spike *spikes_all(struct spikes *s, uint32_t *n)
{
	*n = s->n;
	return s->at;
}

uint64_t spikes_dropped(const struct spikes *s)
{
	return s->dropped;
}
