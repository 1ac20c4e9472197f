#include "elfsyms.h"

#include "demangle.h"

#include <sirqprof/limits.h>

#include <stdlib.h>
#include <string.h>

/* Names packed one behind the other; they never move. */
#define TEXT_ROOM (32U << 10)

struct elfsyms_text {
	struct elfsyms_text *next;
	size_t used;
	char at[TEXT_ROOM];
};

/* NULL when out of memory. */
static const char *keep(struct elfsyms *s, const char *name, size_t len)
{
	struct elfsyms_text *t = s->texts;
	char *to;

	len = len < SP_MAX_STRING ? len : SP_MAX_STRING;
	if (!t || t->used + len + 1 > sizeof(t->at)) {
		t = malloc(sizeof(*t));
		if (!t)
			return NULL;
		t->next = s->texts;
		t->used = 0;
		s->texts = t;
	}
	to = t->at + t->used;
	memcpy(to, name, len);
	to[len] = 0;
	t->used += len + 1;
	return to;
}

void elfsyms_expect(struct elfsyms *s, size_t n)
{
	struct elfsym *at = n > s->room - s->n ? realloc(s->at, (s->n + n) * sizeof(*at)) : NULL;

	if (!at)
		return;
	s->at = at;
	s->room = s->n + n;
}

bool elfsyms_add(struct elfsyms *s, const struct elfsym *sym, size_t len)
{
	const char *name;

	if (s->n == s->room) {
		size_t room = s->room ? s->room * 2 : 256;
		struct elfsym *at = realloc(s->at, room * sizeof(*at));

		if (!at)
			return false;
		s->at = at;
		s->room = room;
	}
	name = keep(s, sym->name, len);
	if (!name)
		return false;
	s->at[s->n] = *sym;
	s->at[s->n].order = (uint32_t)s->n;
	s->at[s->n++].name = name;
	return true;
}

/* At one address the name to show comes first: that of most meaning, by perf's order. */
static int by_start(const void *a, const void *b)
{
	const struct elfsym *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (!x->size != !y->size)
		return x->size ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank > y->rank ? -1 : 1;
	if (strspn(x->name, "_") != strspn(y->name, "_"))
		return strspn(x->name, "_") < strspn(y->name, "_") ? -1 : 1;
	if (strlen(x->name) != strlen(y->name))
		return strlen(x->name) > strlen(y->name) ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

struct key {
	uint64_t start;
	size_t index;
};

/* One byte of the keys into order; stable. */
static void pass(const struct key *from, struct key *to, size_t n, unsigned int shift)
{
	size_t at[256] = { 0 }, sum = 0;

	for (size_t i = 0; i < n; i++)
		at[from[i].start >> shift & 0xff]++;
	for (size_t i = 0; i < 256; i++) {
		size_t many = at[i];

		at[i] = sum;
		sum += many;
	}
	for (size_t i = 0; i < n; i++)
		to[at[from[i].start >> shift & 0xff]++] = from[i];
}

/* Of addresses few bytes differ, and a sort that compares looks at each symbol a dozen times. */
static bool sort_by_byte(struct elfsyms *s)
{
	struct key *keys = malloc(2 * s->n * sizeof(*keys)), *from = keys, *to = keys + s->n;
	struct elfsym *sorted = malloc(s->n * sizeof(*sorted));
	uint64_t differ = 0;
	bool done = keys && sorted;

	for (size_t i = 0; done && i < s->n; i++) {
		keys[i] = (struct key){ s->at[i].start, i };
		differ |= s->at[i].start ^ s->at[0].start;
	}
	for (unsigned int shift = 0; done && shift < 64; shift += 8) {
		struct key *swap = from;

		if (!(differ >> shift & 0xff))
			continue;
		pass(from, to, s->n, shift);
		from = to;
		to = swap;
	}
	for (size_t i = 0; done && i < s->n; i++)
		sorted[i] = s->at[from[i].index];
	free(keys);
	free(done ? s->at : sorted);
	if (done) {
		s->at = sorted;
		s->room = s->n;
	}
	return done;
}

void elfsyms_seal(struct elfsyms *s)
{
	size_t end;

	if (s->n < 2)
		return;
	if (!sort_by_byte(s)) {
		qsort(s->at, s->n, sizeof(*s->at), by_start);
		return;
	}
	for (size_t i = 0; i < s->n; i = end) {
		for (end = i + 1; end < s->n && s->at[end].start == s->at[i].start; end++)
			;
		if (end > i + 1)
			qsort(s->at + i, end - i, sizeof(*s->at), by_start);
	}
}

static bool holds(const struct elfsyms *s, size_t i, uint64_t addr)
{
	const struct elfsym *sym = &s->at[i];

	/* Hand-written assembly often has no sizes: such a function ends where the next begins, or
	 * with its section. */
	if (!sym->size)
		return addr == sym->start ||
		       (addr < sym->limit && (i + 1 == s->n || addr < s->at[i + 1].start));
	return addr - sym->start < sym->size;
}

const struct elfsym *elfsyms_find(struct elfsyms *s, uint64_t addr)
{
	size_t lo = 0, hi = s->n;
	struct elfsym *sym;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->at[mid].start <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return NULL;
	for (lo--; lo && s->at[lo - 1].start == s->at[lo].start;)
		lo--;
	/* A short symbol inside a long one (a local label): the one before may still hold addr. */
	for (int up = 0; !holds(s, lo, addr); up++) {
		if (!lo || up == 8)
			return NULL;
		for (lo--; lo && s->at[lo - 1].start == s->at[lo].start;)
			lo--;
	}
	sym = &s->at[lo];
	if (!sym->nice) {
		char *nice = demangle_name(sym->name);
		const char *kept = nice ? keep(s, nice, strlen(nice)) : NULL;

		free(nice);
		sym->nice = true;
		sym->name = kept ? kept : sym->name;
	}
	return sym;
}

void elfsyms_free(struct elfsyms *s)
{
	struct elfsyms_text *next;

	for (; s->texts; s->texts = next) {
		next = s->texts->next;
		free(s->texts);
	}
	free(s->at);
	*s = (struct elfsyms){ 0 };
}
