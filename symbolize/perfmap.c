#include "perfmap.h"

#include "elfpath.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct line {
	uint64_t start, end;
	uint32_t name; /* offset in text: later lines are greater */
};

struct perfmap {
	char *text;	 /* names in it are NUL-ended in place */
	struct line *at; /* by start, then order in the file */
	size_t n;
	uint64_t longest;
};

void perfmap_free(struct perfmap *p)
{
	if (!p)
		return;
	free(p->text);
	free(p->at);
	free(p);
}

/* A hex number and the blanks behind it; returns what follows, NULL without a digit or on overflow.
 */
static const char *hex(const char *at, const char *end, uint64_t *ret)
{
	const char *begin;
	uint64_t v = 0;

	if (end - at > 2 && at[0] == '0' && (at[1] | 0x20) == 'x')
		at += 2;
	for (begin = at; at < end && at - begin < 17; at++) {
		char c = *at;

		if (c >= '0' && c <= '9')
			v = v << 4 | (uint64_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			v = v << 4 | (uint64_t)((c | 0x20) - 'a' + 10);
		else
			break;
	}
	if (at == begin || at - begin > 16 || at == end || *at != ' ')
		return NULL;
	while (at < end && *at == ' ')
		at++;
	*ret = v;
	return at;
}

static void parse_line(struct perfmap *p, const char *at, char *end)
{
	uint64_t start, size;

	at = hex(at, end, &start);
	at = at ? hex(at, end, &size) : NULL;
	if (!at || at == end || !*at || !size || size > UINT64_MAX - start)
		return;
	if (end[-1] == '\r' && end - at > 1)
		end--;
	*end = 0;
	p->at[p->n++] = (struct line){ start, start + size, (uint32_t)(at - p->text) };
	p->longest = size > p->longest ? size : p->longest;
}

static int by_start(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

/* Takes text over; it has room for one more byte at its end. */
static int index_text(struct perfmap **ret, char *text, size_t len, struct sp_err *err)
{
	sp_auto(perfmap) p = calloc(1, sizeof(*p));
	char *end = text + len;
	size_t lines = 1;

	if (!p) {
		free(text);
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for a perf map");
	}
	p->text = text;
	for (char *at = text; at < end && (at = memchr(at, '\n', (size_t)(end - at))); at++)
		lines++;
	p->at = malloc(lines * sizeof(*p->at));
	if (!p->at)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for a perf map");
	for (char *at = text; at < end;) {
		char *nl = memchr(at, '\n', (size_t)(end - at));

		nl = nl ? nl : end;
		parse_line(p, at, nl);
		at = nl + 1;
	}
	if (p->n)
		qsort(p->at, p->n, sizeof(*p->at), by_start);
	*ret = sp_take(p);
	return SP_OK;
}

int perfmap_parse(struct perfmap **ret, const char *text, size_t len, struct sp_err *err)
{
	char *copy;

	if (len > PERFMAP_MAX_BYTES)
		return sp_fail(err, SP_ELIMIT, SP_NOWHERE, "a perf map of %zu bytes", len);
	copy = malloc(len + 1);
	if (!copy)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for a perf map");
	if (len)
		memcpy(copy, text, len);
	copy[len] = 0;
	return index_text(ret, copy, len, err);
}

/* The number that the process has inside its own pid namespace: the last of NSpid (proc(5)). */
static int32_t inner_pid(int32_t pid)
{
	char path[64], line[256];
	long inner = pid;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%" PRId32 "/status", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, "NSpid:", 6) == 0) {
			const char *last = strrchr(line, '\t');

			inner = last ? strtol(last, NULL, 10) : pid;
		}
	if (f)
		fclose(f);
	return inner > 0 && inner <= INT32_MAX ? (int32_t)inner : pid;
}

/* Anyone may write to /tmp: a map is believed when it is root's, ours, or that of the process's own
 * user. perf has the same rule but for the last. */
static bool is_trusted(int fd, int32_t pid)
{
	struct stat st, process;
	char path[64];

	if (fstat(fd, &st))
		return false;
	if (st.st_uid == 0 || st.st_uid == geteuid())
		return true;
	snprintf(path, sizeof(path), "/proc/%" PRId32, pid);
	return stat(path, &process) == 0 && process.st_uid == st.st_uid;
}

static int open_map(int32_t pid, bool live)
{
	char path[64];
	struct sp_mapping m = { .pid = pid, .path = path };
	int fd = -1;

	if (live) {
		snprintf(path, sizeof(path), "/tmp/perf-%" PRId32 ".map", inner_pid(pid));
		fd = elfpath_open(ELFPATH_ROOT, &m, true);
	}
	if (fd < 0) {
		snprintf(path, sizeof(path), "/tmp/perf-%" PRId32 ".map", pid);
		fd = elfpath_open(ELFPATH_HERE, &m, true);
	}
	if (fd >= 0 && !is_trusted(fd, pid)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

int perfmap_load(struct perfmap **ret, int32_t pid, bool live, struct sp_err *err)
{
	int fd = open_map(pid, live);
	size_t len = 0;
	struct stat st;
	ssize_t n = 1;
	char *text;

	if (fd < 0)
		return sp_fail_sys(err, "/tmp/perf-%" PRId32 ".map", pid);
	if (fstat(fd, &st) || st.st_size < 0 || (uint64_t)st.st_size > PERFMAP_MAX_BYTES) {
		close(fd);
		return sp_fail(err, SP_ELIMIT, SP_NOWHERE, "/tmp/perf-%" PRId32 ".map is too long",
			       pid);
	}
	text = malloc((size_t)st.st_size + 1);
	while (text && n > 0 && len < (size_t)st.st_size) {
		n = read(fd, text + len, (size_t)st.st_size - len);
		len += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	if (!text)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for a perf map");
	return index_text(ret, text, len, err);
}

const char *perfmap_find(const struct perfmap *p, uint64_t addr, uint64_t *start)
{
	const struct line *best = NULL;
	size_t lo = 0, hi = p->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (p->at[mid].start <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	/* Code is thrown away and its place used again: what was written last holds. */
	for (size_t i = lo; i-- > 0 && addr - p->at[i].start < p->longest && lo - i < 64;)
		if (addr < p->at[i].end && (!best || p->at[i].name > best->name))
			best = &p->at[i];
	if (!best)
		return NULL;
	*start = best->start;
	return p->text + best->name;
}
