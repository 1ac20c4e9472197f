#include "kallsyms.h"

#include <sirqprof/huge.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char kernel_module[] = "[kernel.kallsyms]";

#define BUCKET_SHIFT 10
#define BUCKETS	     (64U << 10) /* 64 MB around the middle symbol: the kernel's own text */

/* The shortest line that makes a symbol, " t x\n". */
#define LEAST_LINE 5

/* Not a name: data begins here, so the function before it ends. */
#define IS_DATA UINT32_MAX

struct symbol {
	uint64_t start;
	uint32_t name;	 /* offset in text; IS_DATA */
	uint32_t module; /* offset in text, 0: the kernel's own */
};

struct kallsyms {
	char *text;	   /* NUL-ended names; text[0] is NUL */
	size_t text_room;  /* bytes, of sp_huge_alloc() */
	uint32_t used;	   /* of text, by names */
	uint32_t module;   /* the newest one's offset in text, 0 none */
	size_t module_len;
	struct symbol *at; /* by start */
	size_t n, room;	   /* room: symbols that at has place for */
	bool hidden;
	/* The index of the first symbol of every kilobyte from base on: a look-up there touches two
	 * or three cache lines instead of seventeen. */
	uint64_t base;
	uint32_t *first; /* BUCKETS + 1 */
};

void kallsyms_free(struct kallsyms *k)
{
	if (!k)
		return;
	sp_huge_free(k->text, k->text_room);
	sp_huge_free(k->at, k->room * sizeof(*k->at));
	free(k->first);
	free(k);
}

/* What a hex digit stands for, and one; 0: it is none. */
static const uint8_t hex_digit[256] = {
	['0'] = 1,  ['1'] = 2,	['2'] = 3,  ['3'] = 4,	['4'] = 5,  ['5'] = 6,
	['6'] = 7,  ['7'] = 8,	['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
	['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12,
	['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

/* Data symbols never hold code: t, T, w, W and the like do. */
static bool is_code(char type)
{
	return type == 't' || type == 'T' || type == 'w' || type == 'W' || type == 'i';
}

/* Half of the text is addresses, and data: names move together at its front, where lines were that
 * have been read. Each is shorter than its line. */
static uint32_t keep(struct kallsyms *k, const char *name, size_t len)
{
	uint32_t at = k->used;

	memmove(k->text + at, name, len);
	k->text[at + len] = 0;
	k->used += (uint32_t)len + 1;
	return at;
}

/* A module's symbols follow one another. */
static uint32_t keep_module(struct kallsyms *k, const char *name, size_t len)
{
	if (!len || !*name)
		return 0;
	if (!k->module || k->module_len != len || memcmp(k->text + k->module, name, len) != 0) {
		k->module = keep(k, name, len);
		k->module_len = len;
	}
	return k->module;
}

/* One line; returns its end. */
static char *parse_line(struct kallsyms *k, char *at, const char *end)
{
	uint64_t addr = 0;
	unsigned int digit;
	char *name, *nl = memchr(at, '\n', (size_t)(end - at)), *tab;
	struct symbol *sym;
	size_t len, module_len;
	char type;

	if (!nl)
		nl = (char *)end;
	while (at < nl && (digit = hex_digit[(uint8_t)*at]) != 0) {
		addr = addr << 4 | (digit - 1);
		at++;
	}
	if (nl - at < 4 || at[0] != ' ' || at[2] != ' ')
		return nl;
	type = at[1];
	name = at + 3;
	tab = memchr(name, '\t', (size_t)(nl - name));
	len = (size_t)((tab ? tab : nl) - name);
	module_len = tab ? (size_t)(nl - tab - 1) : 0;
	if (!is_code(type)) {
		if (k->n && k->at[k->n - 1].name != IS_DATA && addr > k->at[k->n - 1].start)
			k->at[k->n++] =
				(struct symbol){ addr, IS_DATA,
						 keep_module(k, nl - module_len, module_len) };
		return nl;
	}
	k->hidden &= addr == 0;
	if (!addr)
		return nl;
	sym = &k->at[k->n++];
	sym->start = addr;
	sym->name = keep(k, name, len);
	sym->module = keep_module(k, nl - module_len, module_len);
	return nl;
}

static int by_start(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	/* In the order of the text; data first, so that a function there is found. */
	return (x->name != IS_DATA && (y->name == IS_DATA || x->name > y->name)) -
	       (y->name != IS_DATA && (x->name == IS_DATA || y->name > x->name));
}

static int merge(struct kallsyms *k, size_t first, struct sp_err *err)
{
	struct symbol *all = sp_huge_alloc(k->n * sizeof(*all));
	size_t a = 0, b = first, n = 0;

	if (!all)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for kernel symbols");
	while (a < first && b < k->n)
		all[n++] = by_start(&k->at[a], &k->at[b]) < 0 ? k->at[a++] : k->at[b++];
	while (a < first)
		all[n++] = k->at[a++];
	while (b < k->n)
		all[n++] = k->at[b++];
	sp_huge_free(k->at, k->room * sizeof(*k->at));
	k->at = all;
	k->room = k->n;
	return SP_OK;
}

/* The kernel's own lines are sorted; modules and BPF programs follow in orders of their own. */
static int sort_if_needed(struct kallsyms *k, struct sp_err *err)
{
	size_t first = 1;

	while (first < k->n && k->at[first].start >= k->at[first - 1].start)
		first++;
	if (first >= k->n)
		return SP_OK;
	qsort(k->at + first, k->n - first, sizeof(k->at[0]), by_start);
	if (k->at[first].start >= k->at[first - 1].start)
		return SP_OK;
	return merge(k, first, err);
}

static int make_buckets(struct kallsyms *k, struct sp_err *err)
{
	const uint64_t half = (uint64_t)BUCKETS << (BUCKET_SHIFT - 1);
	uint64_t middle = k->n ? k->at[k->n / 2].start : 0;
	size_t i = 0;

	k->first = malloc((BUCKETS + 1) * sizeof(*k->first));
	if (!k->first)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for kernel symbols");
	k->base = middle > half ? middle - half : 0;
	if (k->base > UINT64_MAX - 2 * half)
		k->base = UINT64_MAX - 2 * half;
	k->base &= ~((1ULL << BUCKET_SHIFT) - 1);
	for (uint32_t b = 0; b <= BUCKETS; b++) {
		while (i < k->n && k->at[i].start < k->base + ((uint64_t)b << BUCKET_SHIFT))
			i++;
		k->first[b] = (uint32_t)i;
	}
	return SP_OK;
}

/* Takes text over, sp_huge_alloc(room), with room > len. */
static int index_text(struct kallsyms **ret, char *text, size_t len, size_t room,
		      struct sp_err *err)
{
	sp_auto(kallsyms) k = calloc(1, sizeof(*k));
	char *end = text + len;
	int rc;

	if (!k) {
		sp_huge_free(text, room);
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for kernel symbols");
	}
	k->text = text;
	k->text_room = room;
	k->used = 1;
	k->hidden = true;
	if (len >= UINT32_MAX)
		return sp_fail(err, SP_ELIMIT, SP_NOWHERE, "4 GB of kernel symbols");
	/* More than there are: what is not used is never touched. */
	k->room = len / LEAST_LINE + 1;
	k->at = sp_huge_alloc(k->room * sizeof(*k->at));
	if (!k->at)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for kernel symbols");
	for (char *at = text + 1; at < end;)
		at = parse_line(k, at, end) + 1;
	sp_huge_trim(text, room, k->used);
	rc = sort_if_needed(k, err);
	rc = rc ? rc : make_buckets(k, err);
	if (!rc)
		*ret = sp_take(k);
	return rc;
}

int kallsyms_parse(struct kallsyms **ret, const char *text, size_t len, struct sp_err *err)
{
	char *copy = sp_huge_alloc(len + 2);

	if (!copy)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for kernel symbols");
	copy[0] = 0;
	memcpy(copy + 1, text, len);
	copy[len + 1] = 0;
	return index_text(ret, copy, len + 1, len + 2, err);
}

/* Twice the room for text, of which len bytes are used. */
static bool double_room(char **text, size_t *room, size_t len)
{
	char *more = sp_huge_alloc(*room * 2);

	if (!more)
		return false;
	memcpy(more, *text, len);
	sp_huge_free(*text, *room);
	*text = more;
	*room *= 2;
	return true;
}

/* Of the lines from *done on those of modules stay, which have a tab, and what has no end yet;
 * returns what is left of len. */
static size_t keep_modules(char *text, size_t *done, size_t len)
{
	char *end = text + len, *to = text + *done, *at = to, *nl;

	while (at < end && (nl = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		size_t n = (size_t)(nl + 1 - at);

		if (memchr(at, '\t', n)) {
			memmove(to, at, n);
			to += n;
		}
		at += n;
	}
	memmove(to, at, (size_t)(end - at));
	*done = (size_t)(to - text);
	return *done + (size_t)(end - at);
}

/* Reads path, all of it or the lines of modules: len bytes of a block of room, len < room. text[0]
 * is NUL, the rest follows. */
static int read_text(const char *path, bool modules, char **ret, size_t *ret_len, size_t *ret_room,
		     struct sp_err *err)
{
	size_t room = modules ? 64 << 10 : 8 << 20, len = 1, done = 1;
	char *text = sp_huge_alloc(room);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	if (fd < 0 || !text) {
		sp_fail_sys(err, "%s", path);
		sp_huge_free(text, room);
		if (fd >= 0)
			close(fd);
		return SP_ESYS;
	}
	text[0] = 0;
	while ((n = read(fd, text + len, room - 1 - len)) > 0) {
		len += (size_t)n;
		if (modules)
			len = keep_modules(text, &done, len);
		if (len == room - 1 && !double_room(&text, &room, len))
			break;
	}
	close(fd);
	text[len] = 0;
	if (n != 0) {
		sp_huge_free(text, room);
		return sp_fail_sys(err, "%s", path);
	}
	*ret = text;
	*ret_len = len;
	*ret_room = room;
	return SP_OK;
}

static int load(struct kallsyms **ret, const char *path, bool modules, struct sp_err *err)
{
	char *text = NULL;
	size_t len = 0, room = 0;
	int rc = read_text(path, modules, &text, &len, &room, err);

	return rc ? rc : index_text(ret, text, len, room, err);
}

int kallsyms_load(struct kallsyms **ret, const char *path, struct sp_err *err)
{
	return load(ret, path, false, err);
}

int kallsyms_load_modules(struct kallsyms **ret, const char *path, struct sp_err *err)
{
	return load(ret, path, true, err);
}

/* Nothing follows the last function of a module, of a BPF program, of the kernel's text: there it
 * ends with the page behind its own, as for perf. */
static bool is_past_last(const struct kallsyms *k, const struct symbol *s, uint64_t addr)
{
	const uint64_t end = (s->start + 2 * KALLSYMS_PAGE - 1) & ~(uint64_t)(KALLSYMS_PAGE - 1);
	const bool last = s + 1 == k->at + k->n ||
			  strcmp(k->text + s->module, k->text + s[1].module) != 0;

	return addr - s->start >= KALLSYMS_MAX_SIZE || (last && addr >= end);
}

bool kallsyms_find(const struct kallsyms *k, uint64_t addr, struct ksymbol *ret)
{
	const uint64_t bucket = (addr - k->base) >> BUCKET_SHIFT;
	size_t lo = 0, hi = k->n;
	const struct symbol *s;

	if (addr >= k->base && bucket < BUCKETS) {
		lo = k->first[bucket];
		hi = k->first[bucket + 1];
	}

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (k->at[mid].start <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return false;
	s = &k->at[lo - 1];
	if (addr - s->start >= KALLSYMS_PAGE && is_past_last(k, s, addr))
		return false;
	/* Of several names of one address the last, as perf does. */
	if (s->name == IS_DATA)
		return false;
	ret->start = s->start;
	ret->name = k->text + s->name;
	ret->module = s->module ? k->text + s->module : kernel_module;
	return true;
}

size_t kallsyms_count(const struct kallsyms *k)
{
	size_t n = 0;

	for (size_t i = 0; i < k->n; i++)
		n += k->at[i].name != IS_DATA;
	return n;
}

bool kallsyms_hidden(const struct kallsyms *k)
{
	return k->hidden;
}

uint64_t kallsyms_address(const struct kallsyms *k, const char *name)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->at[i].name != IS_DATA && !k->at[i].module &&
		    strcmp(k->text + k->at[i].name, name) == 0)
			return k->at[i].start;
	return 0;
}
