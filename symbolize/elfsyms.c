#include "elfsyms.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct elfsym) == 16, "a symbol takes 16 bytes");

/* Fewer are sorted by moving each to its place. */
#define FEW 32U

void elfsyms_expect(struct elfsyms *s, size_t n)
{
	struct elfsym *at = n > s->room - s->n ? realloc(s->at, (s->n + n) * sizeof(*at)) : NULL;

	if (!at)
		return;
	s->at = at;
	s->room = s->n + n;
}

static bool room_for_one(struct elfsyms *s)
{
	size_t room = s->room ? s->room * 2 : 256;
	struct elfsym *at;

	if (s->n < s->room)
		return true;
	at = realloc(s->at, room * sizeof(*at));
	if (!at)
		return false;
	s->at = at;
	s->room = room;
	return true;
}

/* ELFSYMS_UPPERS: there are too many. */
static uint32_t upper_of(struct elfsyms *s, uint32_t upper)
{
	uint32_t i = 0;

	while (i < s->nuppers && s->uppers[i] != upper)
		i++;
	if (i == s->nuppers && i < ELFSYMS_UPPERS)
		s->uppers[s->nuppers++] = upper;
	return i;
}

static uint32_t cut(uint64_t size)
{
	return size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
}

bool elfsyms_add(struct elfsyms *s, const struct elfsym_told *sym)
{
	const uint32_t upper = upper_of(s, (uint32_t)(sym->start >> 32));
	const uint64_t rest = sym->limit > sym->start ? sym->limit - sym->start : 0;

	if (upper == ELFSYMS_UPPERS || s->n >= ELFSYMS_MOST || !room_for_one(s))
		return false;
	s->at[s->n] = (struct elfsym){
		.start = (uint32_t)sym->start,
		.size = cut(sym->size ? sym->size : rest),
		.name = sym->name,
		.nr = (uint32_t)s->n,
		.rank = (sym->size ? ELFSYMS_RANKS : 0) + sym->rank % ELFSYMS_RANKS,
		.strings = sym->strings % ELFSYMS_STRINGS,
		.upper = upper,
	};
	s->n++;
	return true;
}

uint64_t elfsyms_start(const struct elfsyms *s, const struct elfsym *sym)
{
	return (uint64_t)s->uppers[sym->upper] << 32 | sym->start;
}

/* Upper halves are numbered as they came; from here on as they go. */
static void order_uppers(struct elfsyms *s)
{
	uint32_t place[ELFSYMS_UPPERS] = { 0 }, sorted[ELFSYMS_UPPERS];
	bool moved = false;

	for (uint32_t i = 0; i < s->nuppers; i++) {
		for (uint32_t j = 0; j < s->nuppers; j++)
			place[i] += s->uppers[j] < s->uppers[i];
		sorted[place[i]] = s->uppers[i];
		moved |= place[i] != i;
	}
	if (!moved)
		return;
	for (size_t i = 0; i < s->n; i++)
		s->at[i].upper = place[s->at[i].upper];
	memcpy(s->uppers, sorted, s->nuppers * sizeof(sorted[0]));
}

static uint64_t key_of(const struct elfsym *sym)
{
	return (uint64_t)sym->upper << 32 | sym->start;
}

static void sort_few(struct elfsym *at, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		const struct elfsym sym = at[i];
		size_t j = i;

		for (; j && key_of(&at[j - 1]) > key_of(&sym); j--)
			at[j] = at[j - 1];
		at[j] = sym;
	}
}

/* By the byte of their keys at shift, then each heap by the bytes below; in place. Of addresses few
 * bytes differ, and a sort that compares looks at each symbol a dozen times. */
static void sort_by_byte(struct elfsym *at, size_t n, unsigned int shift)
{
	size_t begin[257] = { 0 }, next[256];

	if (n <= FEW) {
		sort_few(at, n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		begin[(key_of(&at[i]) >> shift & 0xff) + 1]++;
	for (size_t i = 0; i < 256; i++) {
		begin[i + 1] += begin[i];
		next[i] = begin[i];
	}
	for (size_t heap = 0; heap < 256; heap++) {
		while (next[heap] < begin[heap + 1]) {
			struct elfsym *here = &at[next[heap]];
			const size_t to = key_of(here) >> shift & 0xff;
			struct elfsym sym = *here;

			if (to != heap) {
				*here = at[next[to]];
				at[next[to]] = sym;
			}
			next[to]++;
		}
	}
	for (size_t heap = 0; shift && heap < 256; heap++)
		if (begin[heap + 1] - begin[heap] > 1)
			sort_by_byte(at + begin[heap], begin[heap + 1] - begin[heap], shift - 8);
}

/* The highest byte in which keys differ. */
static unsigned int first_shift(const struct elfsyms *s)
{
	uint64_t differ = 0;
	unsigned int shift = 0;

	for (size_t i = 1; i < s->n; i++)
		differ |= key_of(&s->at[i]) ^ key_of(&s->at[0]);
	while (differ >> shift > 0xff)
		shift += 8;
	return shift;
}

struct names {
	elfsyms_name *look;
	void *self;
};

/* At one address the name to show: that of most meaning, by perf's order. */
static const struct elfsym *best_of(const struct elfsym *at, size_t n, const struct names *names)
{
	struct elfsyms_look was = { 0 };
	const struct elfsym *best = at;
	bool looked = false;

	for (const struct elfsym *sym = at + 1; sym < at + n; sym++) {
		struct elfsyms_look is = { 0 };
		bool better = sym->rank > best->rank, alike = sym->rank == best->rank;

		if (alike) {
			if (!looked)
				was = names->look(names->self, best->strings, best->name);
			looked = true;
			is = names->look(names->self, sym->strings, sym->name);
			better = is.underscores != was.underscores
					 ? is.underscores < was.underscores
				 : is.len != was.len ? is.len > was.len
						     : sym->nr < best->nr;
		}
		if (!better)
			continue;
		best = sym;
		was = is;
		looked = alike;
	}
	return best;
}

void elfsyms_seal(struct elfsyms *s, elfsyms_name *look, void *self)
{
	const struct names names = { look, self };
	struct elfsym *fit;
	size_t end, n = 0;

	order_uppers(s);
	if (s->n)
		sort_by_byte(s->at, s->n, first_shift(s));
	for (size_t i = 0; i < s->n; i = end) {
		struct elfsym best;

		for (end = i + 1; end < s->n && key_of(&s->at[end]) == key_of(&s->at[i]); end++)
			;
		best = *best_of(s->at + i, end - i, &names);
		/* Where several without a size begin, none is known to reach any further. */
		if (end - i > 1 && best.rank < ELFSYMS_RANKS)
			best.size = 0;
		best.nr = 0;
		s->at[n++] = best;
	}
	s->n = n;
	fit = n && n < s->room ? realloc(s->at, n * sizeof(*fit)) : NULL;
	if (fit) {
		s->at = fit;
		s->room = n;
	}
}

/* The last address that it holds. */
static uint64_t last_of(const struct elfsyms *s, size_t i)
{
	const struct elfsym *sym = &s->at[i];
	const uint64_t start = elfsyms_start(s, sym);
	const uint64_t more = sym->size ? sym->size - 1U : 0;
	uint64_t last = more < UINT64_MAX - start ? start + more : UINT64_MAX;

	/* Hand-written assembly often has no sizes: such a function ends where the next begins, or
	 * with its section. */
	if (sym->rank < ELFSYMS_RANKS && i + 1 < s->n && last >= elfsyms_start(s, sym + 1))
		last = elfsyms_start(s, sym + 1) - 1;
	return last;
}

struct elfsym *elfsyms_find(const struct elfsyms *s, uint64_t addr, uint64_t *ret_first,
			    uint64_t *ret_last)
{
	size_t lo = 0, hi = s->n;
	uint64_t last;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (elfsyms_start(s, &s->at[mid]) <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	*ret_first = lo ? elfsyms_start(s, &s->at[lo - 1]) : 0;
	*ret_last = lo < s->n ? elfsyms_start(s, &s->at[lo]) - 1 : UINT64_MAX;
	/* A short symbol inside a long one (a local label): the one before may still hold addr. */
	for (int up = 0; lo && up <= 8; up++) {
		last = last_of(s, --lo);
		if (addr <= last) {
			*ret_last = last < *ret_last ? last : *ret_last;
			return &s->at[lo];
		}
		*ret_first = last + 1 > *ret_first ? last + 1 : *ret_first;
	}
	return NULL;
}

size_t elfsyms_bytes(const struct elfsyms *s)
{
	return s->room * sizeof(*s->at);
}

void elfsyms_free(struct elfsyms *s)
{
	free(s->at);
	*s = (struct elfsyms){ 0 };
}
