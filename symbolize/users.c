#include "users.h"

#include "elfpath.h"
#include "perfmap.h"

#include <sirqprof/limits.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>
/* Asked for every mapping and every stack: uthash's own function takes three times as long. */
#define HASH_FUNCTION(key, len, hash) ((hash) = (unsigned int)XXH3_64bits(key, len))
#include <uthash.h>

/* Mappings kept of one process (dlopen-happy programs have hundreds), and its lives: execs, and new
 * processes of the same number. */
#define MAX_MAPS  4096U
#define MAX_LIVES 16U

/* Of all processes together: what a recording can make this keep is bounded. */
#define MAX_PROCESSES  32768U
#define MAX_ALL_MAPS   200000U
#define MAX_TEXT_BYTES (8U << 20)

struct map {
	uint64_t start, end, pgoff, ino;
	uint64_t time_ns;	     /* from when on it counts here */
	uint64_t told_ns;	     /* when it was mapped: earlier, where a fork handed it down */
	const char *path, *build_id; /* texts of users */
	struct elffile *file;	     /* once tried; NULL none */
	bool tried;
};

struct process {
	int32_t pid;
	struct map *maps; /* in the order they were told */
	uint32_t n, room;
	uint64_t lives[MAX_LIVES]; /* when one began, ascending */
	uint32_t nlives;
	uint64_t *changes; /* when what is mapped changed, ascending */
	uint32_t nchanges;
	struct perfmap *jit;
	bool jit_tried;
	UT_hash_handle hh;
};

/* Paths, and names made up for addresses without symbol: they live as long as the resolver. */
struct text {
	UT_hash_handle hh;
	const char *build_id; /* told of a file by this path; NULL none */
	bool ambiguous;	      /* two were: of two containers, or of one file replaced */
	char at[];
};

struct users {
	bool elf, live;
	struct elffile_detail detail;
	struct process *processes;
	struct elffiles *files;
	struct text *texts;
	uint32_t nmaps;	   /* of all processes */
	size_t text_bytes; /* of all texts */
};

int users_new(struct users **ret, bool elf, struct sp_err *err)
{
	sp_auto(users) u = calloc(1, sizeof(*u));
	int rc;

	if (!u)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for user symbols");
	u->elf = elf;
	rc = elffiles_new(&u->files, err);
	if (!rc)
		*ret = sp_take(u);
	return rc;
}

void users_free(struct users *u)
{
	struct process *p, *next;
	struct text *t, *tnext;

	if (!u)
		return;
	HASH_ITER (hh, u->processes, p, next) {
		HASH_DEL(u->processes, p);
		perfmap_free(p->jit);
		free(p->maps);
		free(p->changes);
		free(p);
	}
	HASH_ITER (hh, u->texts, t, tnext) {
		HASH_DEL(u->texts, t);
		free(t);
	}
	elffiles_free(u->files);
	free(u);
}

void users_set_live(struct users *u, bool live)
{
	u->live = live;
	elffiles_set_live(u->files, live);
}

void users_set_detail(struct users *u, struct elffile_detail detail)
{
	u->detail = detail;
}

/* NULL when out of memory. */
static struct text *text_get(struct users *u, const char *text)
{
	size_t len = strlen(text);
	struct text *t;

	HASH_FIND(hh, u->texts, text, len, t);
	if (t)
		return t;
	/* Too many different ones: without a name. */
	if (len && u->text_bytes > MAX_TEXT_BYTES)
		return text_get(u, "");
	u->text_bytes += sizeof(*t) + len + 1;
	t = calloc(1, sizeof(*t) + len + 1);
	if (!t)
		return NULL;
	memcpy(t->at, text, len + 1);
	HASH_ADD_KEYPTR(hh, u->texts, t->at, len, t);
	return t;
}

static const char *text_of(struct users *u, const char *text)
{
	struct text *t = text_get(u, text);

	return t ? t->at : NULL;
}

int users_build_id(struct users *u, const char *path, const char *hex, struct sp_err *err)
{
	struct text *t = text_get(u, path);
	const char *id = t ? text_of(u, hex) : NULL;

	if (!id)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for build-ids");
	t->ambiguous |= t->build_id && t->build_id != id;
	t->build_id = id;
	return SP_OK;
}

/* Of the mapping, else of its path, if that is clear. */
static const char *build_id_of(struct users *u, const struct map *m)
{
	struct text *t = m->build_id[0] ? NULL : text_get(u, m->path);

	return t && t->build_id && !t->ambiguous ? t->build_id : m->build_id;
}

static struct process *find(const struct users *u, int32_t pid)
{
	struct process *p;

	HASH_FIND_INT(u->processes, &pid, p);
	return p;
}

/* NULL with the cause, or without one when there are too many. */
static struct process *get(struct users *u, int32_t pid, struct sp_err *err)
{
	struct process *p = find(u, pid);

	if (p || HASH_COUNT(u->processes) >= MAX_PROCESSES)
		return p;
	p = calloc(1, sizeof(*p));
	if (!p) {
		sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for a process");
		return NULL;
	}
	p->pid = pid;
	HASH_ADD_INT(u->processes, pid, p);
	return p;
}

/* Remembers that something changed at a time, in order; times come nearly so. */
static int note_change(struct process *p, uint64_t time_ns, struct sp_err *err)
{
	uint32_t at = p->nchanges;

	if (at && p->changes[at - 1] == time_ns)
		return SP_OK;
	if (at == MAX_MAPS) {
		memmove(p->changes, p->changes + MAX_MAPS / 2, MAX_MAPS / 2 * sizeof(*p->changes));
		at = p->nchanges = MAX_MAPS / 2;
	}
	if (!(at & (at - 1))) {
		uint64_t *more = realloc(p->changes, (at ? at * 2 : 1) * sizeof(*more));

		if (!more)
			return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for mappings");
		p->changes = more;
	}
	for (; at && p->changes[at - 1] > time_ns; at--)
		p->changes[at] = p->changes[at - 1];
	p->changes[at] = time_ns;
	p->nchanges++;
	return SP_OK;
}

uint64_t users_life(const struct users *u, int32_t pid, uint64_t time_ns)
{
	const struct process *p = find(u, pid);
	uint32_t lo = 0, hi = p ? p->nchanges : 0;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (p->changes[mid] <= time_ns)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? p->changes[lo - 1] : 0;
}

static int add_map(struct users *u, struct process *p, const struct map *m, struct sp_err *err)
{
	if (p->n == MAX_MAPS) {
		memmove(p->maps, p->maps + MAX_MAPS / 2, MAX_MAPS / 2 * sizeof(*p->maps));
		p->n = MAX_MAPS / 2;
		u->nmaps -= MAX_MAPS / 2;
	}
	if (u->nmaps == MAX_ALL_MAPS)
		return SP_OK;
	u->nmaps++;
	if (p->n == p->room) {
		uint32_t room = p->room ? p->room * 2 : 4;
		struct map *maps = realloc(p->maps, room * sizeof(*maps));

		if (!maps)
			return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for mappings");
		p->maps = maps;
		p->room = room;
	}
	p->maps[p->n++] = *m;
	return note_change(p, m->time_ns, err);
}

int users_map(struct users *u, const struct sp_mapping *m, struct sp_err *err)
{
	struct process *p = get(u, m->pid, err);
	struct map map = {
		.start = m->start,
		.end = m->len > UINT64_MAX - m->start ? UINT64_MAX : m->start + m->len,
		.pgoff = m->pgoff,
		.ino = m->ino,
		.time_ns = m->time_ns,
		.told_ns = m->time_ns,
		.path = text_of(u, m->path),
		.build_id = text_of(u, m->build_id),
	};

	if (!p)
		return err->code;
	if (!map.path || !map.build_id)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for mappings");
	return add_map(u, p, &map, err);
}

static void new_life(struct process *p, uint64_t time_ns)
{
	uint32_t at = p->nlives;

	if (at == MAX_LIVES) {
		memmove(p->lives, p->lives + 1, sizeof(p->lives) - sizeof(p->lives[0]));
		at = --p->nlives;
	}
	for (; at && p->lives[at - 1] > time_ns; at--)
		p->lives[at] = p->lives[at - 1];
	p->lives[at] = time_ns;
	p->nlives++;
}

/* When the life that goes on at time_ns began. */
static uint64_t life_at(const struct process *p, uint64_t time_ns)
{
	uint64_t begin = 0;

	for (uint32_t i = 0; i < p->nlives && p->lives[i] <= time_ns; i++)
		begin = p->lives[i];
	return begin;
}

int users_fork(struct users *u, int32_t pid, int32_t ppid, uint64_t time_ns, struct sp_err *err)
{
	struct process *parent = find(u, ppid), *p;
	uint64_t since;
	int rc = SP_OK;

	/* Threads share their maps; what ran before the recording has told its own. */
	if (pid == ppid || !time_ns)
		return SP_OK;
	p = get(u, pid, err);
	if (!p)
		return err->code;
	new_life(p, time_ns);
	rc = note_change(p, time_ns, err);
	since = parent ? life_at(parent, time_ns) : 0;
	for (uint32_t i = 0; !rc && parent && i < parent->n; i++) {
		struct map m = parent->maps[i];

		if (m.time_ns > time_ns || m.time_ns < since)
			continue;
		m.time_ns = time_ns;
		rc = add_map(u, p, &m, err);
	}
	return rc;
}

int users_exec(struct users *u, int32_t pid, uint64_t time_ns, struct sp_err *err)
{
	struct process *p = get(u, pid, err);

	if (!p)
		return err->code;
	new_life(p, time_ns); /* the new program's mappings follow */
	return note_change(p, time_ns, err);
}

static struct map *map_at(struct users *u, int32_t pid, uint64_t time_ns, uint64_t pc)
{
	struct process *p = find(u, pid);
	uint64_t since = p ? life_at(p, time_ns) : 0;
	struct map *best = NULL;

	for (uint32_t i = p ? p->n : 0; i-- > 0;) {
		struct map *m = &p->maps[i];

		if (pc < m->start || pc >= m->end || m->time_ns > time_ns || m->time_ns < since)
			continue;
		if (!best || m->time_ns > best->time_ns)
			best = m;
	}
	return best;
}

/* A file that did not change until it was seen running is the one that ran: mappings of processes
 * older than the recording do not tell their time. */
static struct elffile *file_of(struct users *u, int32_t pid, uint64_t seen_ns, struct map *m)
{
	const struct sp_mapping told = {
		.pid = pid,
		.time_ns = seen_ns > m->told_ns ? seen_ns : m->told_ns,
		.start = m->start,
		.len = m->end - m->start,
		.pgoff = m->pgoff,
		.ino = m->ino,
		.path = m->path,
		.build_id = build_id_of(u, m),
	};

	if (!m->tried && u->elf) {
		m->tried = true;
		m->file = elffiles_get(u->files, &told);
	}
	return m->file;
}

static bool jit_frame(struct users *u, int32_t pid, uint64_t pc, struct sp_frame *ret)
{
	struct process *p = find(u, pid);
	struct sp_err none = SP_ERR_INIT;
	uint64_t start;
	const char *name;

	/* The number means another process on another machine. */
	if (!p || !u->live || !u->elf)
		return false;
	if (!p->jit_tried) {
		p->jit_tried = true;
		perfmap_load(&p->jit, pid, u->live, &none);
	}
	name = p->jit ? perfmap_find(p->jit, pc, &start) : NULL;
	if (!name)
		return false;
	ret->name = name;
	ret->module = "[jit]";
	ret->offset = pc - start;
	ret->known = true;
	return true;
}

static const char *make_name(struct users *u, const char *path, uint64_t offset)
{
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	const char *made;
	char text[300];

	snprintf(text, sizeof(text), "%.200s+0x%" PRIx64, *base ? base : path, offset);
	made = text_of(u, text);
	return made ? made : "[unknown]";
}

size_t users_frames(struct users *u, int32_t pid, uint64_t time_ns, uint64_t pc,
		    struct sp_frame *ret, size_t max)
{
	struct map *m = map_at(u, pid, time_ns, pc);
	struct elffile *file;
	size_t n = 0;

	if (!max)
		return 0;
	*ret = (struct sp_frame){ .name = "[unknown]", .module = "" };
	if (!m || elfpath_is_anon(m->path)) {
		jit_frame(u, pid, pc, ret);
		return 1;
	}
	ret->module = m->path;
	file = file_of(u, pid, time_ns, m);
	if (file)
		n = elffile_frames(file, pc - m->start + m->pgoff, u->detail, ret, max);
	if (n)
		return n;
	ret->name = make_name(u, m->path, pc - m->start + m->pgoff);
	return 1;
}

struct elffile *users_file(struct users *u, int32_t pid, uint64_t time_ns, uint64_t pc,
			   uint64_t *bias)
{
	struct map *m = map_at(u, pid, time_ns, pc);
	struct elffile *file = m ? file_of(u, pid, time_ns, m) : NULL;
	uint64_t vaddr;

	if (!file || !elffile_vaddr(file, pc - m->start + m->pgoff, &vaddr))
		return NULL;
	*bias = pc - vaddr;
	return file;
}

int users_troubles(const struct users *u, elffile_trouble *put, void *self, struct sp_err *err)
{
	return elffiles_troubles(u->files, put, self, err);
}
