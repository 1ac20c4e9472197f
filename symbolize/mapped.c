#include "mapped.h"

#include <sirqprof/hash.h>

#include <stdlib.h>
#include <string.h>
/* Asked for every stack: uthash's own function takes three times as long. */
#define HASH_FUNCTION(key, len, hash) ((hash) = (unsigned int)sp_hash(key, len))
#include <uthash.h>

/* Mappings kept of one process (dlopen-happy programs have hundreds), and its lives: execs, and new
 * processes of the same number. */
#define MAX_MAPS  4096U
#define MAX_LIVES 16U

/* Of all processes together: what a recording can make this keep is bounded. */
#define MAX_PROCESSES 32768U
#define MAX_ALL_MAPS  131072U /* and at most half a process more */
#define MANY_GONE     256U    /* make it worth a search for them */

struct process {
	int32_t pid;
	struct mapped_file *maps; /* in the order they were told */
	uint32_t n, room;
	uint64_t *lives;   /* when one began, ascending */
	uint64_t *changes; /* when what is mapped changed, ascending */
	uint32_t nlives, nchanges;
	bool gone; /* its exit was told */
	UT_hash_handle hh;
};

struct mapped {
	struct process *processes;
	uint32_t nmaps; /* there is room for, of all processes */
	uint32_t ngone;
};

int mapped_new(struct mapped **ret, struct sp_err *err)
{
	struct mapped *all = calloc(1, sizeof(*all));

	if (!all)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for mappings");
	*ret = all;
	return SP_OK;
}

static void drop(struct mapped *all, struct process *p)
{
	HASH_DEL(all->processes, p);
	all->nmaps -= p->room;
	all->ngone -= p->gone;
	free(p->maps);
	free(p->lives);
	free(p->changes);
	free(p);
}

void mapped_free(struct mapped *all)
{
	struct process *p, *next;

	if (!all)
		return;
	HASH_ITER (hh, all->processes, p, next)
		drop(all, p);
	free(all);
}

static struct process *find(const struct mapped *all, int32_t pid)
{
	struct process *p;

	HASH_FIND_INT(all->processes, &pid, p);
	return p;
}

/* NULL with the cause, or without one when there are too many. */
static struct process *get(struct mapped *all, int32_t pid, struct sp_err *err)
{
	struct process *p = find(all, pid);

	if (p || HASH_COUNT(all->processes) >= MAX_PROCESSES)
		return p;
	p = calloc(1, sizeof(*p));
	if (!p) {
		sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for a process");
		return NULL;
	}
	p->pid = pid;
	HASH_ADD_INT(all->processes, pid, p);
	return p;
}

/* If there is too much, forgets the half of those that are gone that was met first: half at a time,
 * so that a recording of any length takes linear time. */
static void make_room(struct mapped *all)
{
	uint32_t forget = (all->ngone + 1) / 2;
	struct process *p, *next;

	if (all->ngone < MANY_GONE ||
	    (HASH_COUNT(all->processes) < MAX_PROCESSES && all->nmaps < MAX_ALL_MAPS))
		return;
	HASH_ITER (hh, all->processes, p, next) {
		if (!forget)
			return;
		if (!p->gone)
			continue;
		drop(all, p);
		forget--;
	}
}

void mapped_exit(struct mapped *all, int32_t pid)
{
	struct process *p = find(all, pid);

	all->ngone += p && !p->gone;
	if (p)
		p->gone = true;
}

/* Room for one time behind n; false: no memory. */
static bool times_room(uint64_t **times, uint32_t n)
{
	uint64_t *more = n & (n - 1) ? *times : realloc(*times, (n ? n * 2 : 1) * sizeof(*more));

	if (more)
		*times = more;
	return more != NULL;
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
	if (!times_room(&p->changes, at))
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for mappings");
	for (; at && p->changes[at - 1] > time_ns; at--)
		p->changes[at] = p->changes[at - 1];
	p->changes[at] = time_ns;
	p->nchanges++;
	return SP_OK;
}

uint64_t mapped_life(const struct mapped *all, int32_t pid, uint64_t time_ns)
{
	const struct process *p = find(all, pid);
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

static int add_map(struct mapped *all, struct process *p, const struct mapped_file *m,
		   struct sp_err *err)
{
	if (p->n == MAX_MAPS) {
		memmove(p->maps, p->maps + MAX_MAPS / 2, MAX_MAPS / 2 * sizeof(*p->maps));
		p->n = MAX_MAPS / 2;
	}
	if (p->n == p->room && all->nmaps >= MAX_ALL_MAPS)
		return SP_OK;
	if (p->n == p->room) {
		uint32_t room = p->room + p->room / 2 + 4;
		struct mapped_file *maps = realloc(p->maps, room * sizeof(*maps));

		if (!maps)
			return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for mappings");
		all->nmaps += room - p->room;
		p->maps = maps;
		p->room = room;
	}
	p->maps[p->n++] = *m;
	return note_change(p, m->time_ns, err);
}

int mapped_add(struct mapped *all, int32_t pid, const struct mapped_file *m, struct sp_err *err)
{
	struct process *p;

	make_room(all);
	p = get(all, pid, err);
	return p ? add_map(all, p, m, err) : err->code;
}

static int new_life(struct process *p, uint64_t time_ns, struct sp_err *err)
{
	uint32_t at = p->nlives;

	if (at == MAX_LIVES) {
		memmove(p->lives, p->lives + 1, (MAX_LIVES - 1) * sizeof(p->lives[0]));
		at = --p->nlives;
	} else if (!times_room(&p->lives, at)) {
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for processes");
	}
	for (; at && p->lives[at - 1] > time_ns; at--)
		p->lives[at] = p->lives[at - 1];
	p->lives[at] = time_ns;
	p->nlives++;
	return SP_OK;
}

/* When the life that goes on at time_ns began. */
static uint64_t life_at(const struct process *p, uint64_t time_ns)
{
	uint64_t begin = 0;

	for (uint32_t i = 0; i < p->nlives && p->lives[i] <= time_ns; i++)
		begin = p->lives[i];
	return begin;
}

int mapped_fork(struct mapped *all, int32_t pid, int32_t ppid, uint64_t time_ns, struct sp_err *err)
{
	struct process *parent, *p;
	uint64_t since;
	int rc = SP_OK;

	/* Threads share their maps; what ran before the recording has told its own. */
	if (pid == ppid || !time_ns)
		return SP_OK;
	make_room(all);
	parent = find(all, ppid);
	p = get(all, pid, err);
	if (!p)
		return err->code;
	all->ngone -= p->gone;
	p->gone = false;
	rc = new_life(p, time_ns, err);
	rc = rc ? rc : note_change(p, time_ns, err);
	since = parent ? life_at(parent, time_ns) : 0;
	for (uint32_t i = 0; !rc && parent && i < parent->n; i++) {
		struct mapped_file m = parent->maps[i];

		if (m.time_ns > time_ns || m.time_ns < since)
			continue;
		m.time_ns = time_ns;
		rc = add_map(all, p, &m, err);
	}
	return rc;
}

int mapped_exec(struct mapped *all, int32_t pid, uint64_t time_ns, struct sp_err *err)
{
	struct process *p = get(all, pid, err);
	int rc;

	if (!p)
		return err->code;
	rc = new_life(p, time_ns, err); /* the new program's mappings follow */
	return rc ? rc : note_change(p, time_ns, err);
}

struct mapped_file *mapped_at(struct mapped *all, int32_t pid, uint64_t time_ns, uint64_t pc)
{
	struct process *p = find(all, pid);
	uint64_t since = p ? life_at(p, time_ns) : 0;
	struct mapped_file *best = NULL;

	for (uint32_t i = p ? p->n : 0; i-- > 0;) {
		struct mapped_file *m = &p->maps[i];

		if (pc < m->start || pc >= m->end || m->time_ns > time_ns || m->time_ns < since)
			continue;
		if (!best || m->time_ns > best->time_ns)
			best = m;
	}
	return best;
}

bool mapped_knows(const struct mapped *all, int32_t pid)
{
	return find(all, pid) != NULL;
}
