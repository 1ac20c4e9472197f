#include "attrs.h"

#include "sample.h"

#include <sirqprof/hash.h>
#include <sirqprof/limits.h>
#include <sirqprof/perfdata.h>

#include <linux/perf_event.h>
#include <stdlib.h>

/* Bits of the flags word of struct perf_event_attr, from its first bit. */
#define ATTR_FREQ	   10
#define ATTR_SAMPLE_ID_ALL 18
#define ATTR_USE_CLOCKID   25
#define ATTR_BUILD_ID	   34

int attrs_new(struct attrs **ret, struct sp_err *err)
{
	struct attrs *a = calloc(1, sizeof(*a));

	if (!a)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the events");
	/* Odd, so that no two ids are alike; another one in each run: see hash.h. */
	a->factor = sp_hash(&a, sizeof(a)) | 1;
	*ret = a;
	return SP_OK;
}

void attrs_free(struct attrs *a)
{
	if (!a)
		return;
	free(a->at);
	free(a->slots);
	free(a);
}

static int grow_slots(struct attrs *a, struct sp_err *err)
{
	uint32_t nslots = a->nslots ? a->nslots * 2 : 256, old_n = a->nslots;
	struct attr_id *old = a->slots, *slots = malloc(nslots * sizeof(*slots));

	if (!slots)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for event ids");
	for (uint32_t i = 0; i < nslots; i++)
		slots[i].attr = UINT32_MAX;
	a->slots = slots;
	a->nslots = nslots;
	a->shift = 64 - (uint32_t)__builtin_ctz(nslots);
	for (uint32_t i = 0; i < old_n; i++)
		if (old[i].attr != UINT32_MAX)
			*attrs_slot(a, old[i].id) = old[i];
	free(old);
	return SP_OK;
}

static int add_id(struct attrs *a, uint64_t id, uint32_t attr, struct sp_err *err)
{
	struct attr_id *s;
	int rc = SP_OK;

	if (a->nids >= SP_MAX_IDS)
		return sp_fail(err, SP_ELIMIT, SP_NOWHERE, "more than %u event ids", SP_MAX_IDS);
	if ((a->nids + 1) * 2 > a->nslots)
		rc = grow_slots(a, err);
	if (rc)
		return rc;
	s = attrs_slot(a, id);
	if (s->attr == UINT32_MAX) {
		*s = (struct attr_id){ .id = id, .attr = attr, .cpu = SP_NO_CPU };
		a->nids++;
	}
	return SP_OK;
}

/* Of a big-endian machine the bits of each byte count from the other end. */
static uint64_t flags_of(const uint8_t *at, bool swap)
{
	uint64_t flags = 0;

	for (unsigned int bit = 0; bit < 64; bit++) {
		unsigned int in_byte = swap ? 7 - bit % 8 : bit % 8;

		flags |= (uint64_t)(at[bit / 8] >> in_byte & 1) << bit;
	}
	return flags;
}

static bool parse(struct sp_span in, struct attr *ret, uint32_t *size)
{
	uint8_t flags[8];
	uint64_t bits;

	*ret = (struct attr){ 0 };
	ret->type = sp_span_u32(&in);
	*size = sp_span_u32(&in);
	/* Before the size was there (2.6.31) it read 0: version 0. */
	if (*size == 0)
		*size = PERF_ATTR_SIZE_VER0;
	ret->config = sp_span_u64(&in);
	ret->sample_period = sp_span_u64(&in);
	ret->sample_type = sp_span_u64(&in);
	ret->read_format = sp_span_u64(&in);
	sp_span_copy(&in, flags, sizeof(flags));
	sp_span_skip(&in, 16); /* wakeup, bp_type, config1 */
	if (in.over || *size < PERF_ATTR_SIZE_VER0)
		return false;
	bits = flags_of(flags, in.swap);
	ret->freq = bits >> ATTR_FREQ & 1;
	ret->sample_id_all = bits >> ATTR_SAMPLE_ID_ALL & 1;
	ret->use_clockid = bits >> ATTR_USE_CLOCKID & 1;
	ret->build_id = bits >> ATTR_BUILD_ID & 1;
	/* What an older, shorter attr lacks reads as zero. */
	sp_span_skip(&in, 8); /* config2 */
	ret->branch_sample_type = sp_span_u64(&in);
	ret->sample_regs_user = sp_span_u64(&in);
	sp_span_skip(&in, 4); /* sample_stack_user */
	ret->clockid = (int32_t)sp_span_u32(&in);
	ret->sample_regs_intr = sp_span_u64(&in);
	return true;
}

int attrs_add(struct attrs *a, struct sp_span in, struct sp_err *err)
{
	struct sp_span first = in, body;
	struct attr attr;
	uint32_t size;
	int rc = SP_OK;

	sp_span_u32(&first);
	size = sp_span_u32(&first);
	if (size == 0)
		size = PERF_ATTR_SIZE_VER0;
	body = sp_span_take(&in, size);
	if (body.over || !parse(body, &attr, &size))
		return sp_fail(err, SP_EFORMAT, SP_NOWHERE,
			       "event description of %u bytes does not fit", size);
	if (a->n == SP_MAX_ATTRS)
		return sp_fail(err, SP_ELIMIT, SP_NOWHERE, "more than %u events", SP_MAX_ATTRS);
	if (a->n == a->room) {
		uint32_t room = a->room ? a->room * 2 : 32;
		struct attr *at = realloc(a->at, room * sizeof(*at));

		if (!at)
			return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the events");
		a->at = at;
		a->room = room;
	}
	a->at[a->n++] = attr;
	a->trailers |= 1U << sample_trailer_shape(&attr);
	a->build_ids |= attr.build_id;
	while (!rc && sp_span_left(&in) >= sizeof(uint64_t))
		rc = add_id(a, sp_span_u64(&in), a->n - 1, err);
	return rc;
}

static void set_name(struct attr *attr, const char *text, size_t size)
{
	size_t len = strnlen(text, size);

	if (len >= sizeof(attr->name))
		len = sizeof(attr->name) - 1;
	memcpy(attr->name, text, len);
	attr->name[len] = 0;
}

int attrs_update(struct attrs *a, struct sp_span in, struct sp_err *err)
{
	uint64_t what = sp_span_u64(&in), id = sp_span_u64(&in);
	const struct attr_id *s = attrs_find(a, id);

	(void)err;
	if (!in.over && what == SP_UPDATE_NAME && s)
		set_name(&a->at[s->attr], (const char *)in.at, sp_span_left(&in));
	return SP_OK;
}

int attrs_describe(struct attrs *a, struct sp_span in, struct sp_err *err)
{
	uint32_t n = sp_span_u32(&in), size = sp_span_u32(&in);

	for (uint32_t i = 0; i < n && !in.over; i++) {
		struct sp_span attr = sp_span_take(&in, size), name;
		uint32_t nids = sp_span_u32(&in);
		const struct attr_id *s = NULL;

		name = sp_span_take(&in, sp_span_u32(&in));
		if (in.over || attr.over || name.over)
			break;
		for (uint32_t k = 0; k < nids && !in.over; k++) {
			uint64_t id = sp_span_u64(&in);

			s = s ? s : attrs_find(a, id);
		}
		if (s)
			set_name(&a->at[s->attr], (const char *)name.at, sp_span_left(&name));
		else if (n == a->n)
			set_name(&a->at[i], (const char *)name.at, sp_span_left(&name));
	}
	return in.over ? sp_fail(err, SP_ETRUNC, SP_NOWHERE, "EVENT_DESC is cut short") : SP_OK;
}

int attrs_index(struct attrs *a, struct sp_span in, struct sp_err *err)
{
	uint64_t n = sp_span_u64(&in);

	if (in.over || n > sp_span_left(&in) / 32)
		return sp_fail(err, SP_EFORMAT, SP_NOWHERE, "ID_INDEX is longer than its record");
	for (uint64_t i = 0; i < n; i++) {
		struct attr_id *s;
		uint64_t id = sp_span_u64(&in), cpu;

		sp_span_u64(&in); /* idx */
		cpu = sp_span_u64(&in);
		sp_span_u64(&in); /* tid */
		s = a->nslots ? attrs_slot(a, id) : NULL;
		if (s && s->attr != UINT32_MAX && cpu < SP_MAX_CPUS)
			s->cpu = (uint32_t)cpu;
	}
	return SP_OK;
}
