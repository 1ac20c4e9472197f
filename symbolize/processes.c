#include <sirqprof/hash.h>
/* Asked for every stack: uthash's own function takes three times as long. */
#define HASH_FUNCTION(key, len, hash) ((hash) = (unsigned int)sp_hash(key, len))
#include "processes.h"

#include <stdlib.h>
#include <string.h>

static void drop(struct processes *all, struct process *p)
{
	HASH_DEL(all->by_pid, p);
	all->nmaps -= p->room;
	all->ngone -= p->gone_ns != 0;
	all->nwhole -= p->gone_ns && !p->pruned;
	free(p->maps);
	free(p->lives);
	free(p->changes);
	free(p);
}

void processes_clear(struct processes *all)
{
	struct process *p, *next;

	HASH_ITER (hh, all->by_pid, p, next)
		drop(all, p);
}

struct process *processes_find(const struct processes *all, int32_t pid)
{
	struct process *p;

	HASH_FIND_INT(all->by_pid, &pid, p);
	return p;
}

struct process *processes_get(struct processes *all, int32_t pid, struct sp_err *err)
{
	struct process *p = processes_find(all, pid);

	if (p || HASH_COUNT(all->by_pid) >= PROCESSES_MOST)
		return p;
	p = calloc(1, sizeof(*p));
	if (!p) {
		sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for a process");
		return NULL;
	}
	p->pid = pid;
	HASH_ADD_INT(all->by_pid, pid, p);
	return p;
}

/* If there is too much, forgets the half of those that are gone that was met first: half at a time,
 * so that a recording of any length takes linear time. Those that were pruned were asked for, and
 * take little: they stay as long as there are others. */
void processes_make_room(struct processes *all)
{
	const bool whole = all->nwhole >= PROCESSES_MANY_GONE;
	uint32_t forget = ((whole ? all->nwhole : all->ngone) + 1) / 2;
	struct process *p, *next;

	if (all->ngone < PROCESSES_MANY_GONE ||
	    (HASH_COUNT(all->by_pid) < PROCESSES_MOST && all->nmaps < PROCESSES_MOST_MAPS))
		return;
	HASH_ITER (hh, all->by_pid, p, next) {
		if (!forget)
			return;
		if (!p->gone_ns || (whole && p->pruned))
			continue;
		drop(all, p);
		forget--;
	}
}

void processes_ended(struct processes *all, struct process *p, uint64_t at_ns)
{
	all->ngone += !p->gone_ns;
	all->nwhole += !p->gone_ns;
	p->gone_ns = at_ns ? at_ns : PROCESS_ENDED;
}

void processes_lives(struct processes *all, struct process *p)
{
	all->ngone -= p->gone_ns != 0;
	all->nwhole -= p->gone_ns && !p->pruned;
	p->gone_ns = 0;
	p->pruned = false;
}

/* To the size of what is left; without memory for less it stays as it is. */
static void fit(struct processes *all, struct process *p)
{
	struct mapped_file *maps = p->n ? malloc(p->n * sizeof(*maps)) : NULL;

	if (p->n && !maps)
		return;
	if (p->n)
		memcpy(maps, p->maps, p->n * sizeof(*maps));
	free(p->maps);
	all->nmaps -= p->room - p->n;
	p->maps = maps;
	p->room = p->n;
}

/* A power of two of them, as they grow. */
static void fit_changes(struct process *p)
{
	uint32_t room = 1;
	uint64_t *changes;

	while (room < p->nchanges)
		room *= 2;
	changes = malloc(room * sizeof(*changes));
	if (!changes)
		return;
	memcpy(changes, p->changes, p->nchanges * sizeof(*changes));
	free(p->changes);
	p->changes = changes;
}

/* Whether what is left of the mappings changed then. */
static bool changed_at(const struct process *p, uint64_t ns)
{
	for (uint32_t i = 0; i < p->nlives; i++)
		if (p->lives[i] == ns)
			return true;
	for (uint32_t i = 0; i < p->n; i++)
		if (p->maps[i].time_ns == ns)
			return true;
	return false;
}

/* A program of today maps fifty libraries, and was met in two of them. */
static void prune(struct processes *all, struct process *p)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->n; i++)
		if (p->maps[i].kept)
			p->maps[n++] = p->maps[i];
	p->n = n;
	p->pruned = true;
	all->nwhole--;
	fit(all, p);
	n = 0;
	for (uint32_t i = 0; i < p->nchanges; i++)
		if (changed_at(p, p->changes[i]))
			p->changes[n++] = p->changes[i];
	p->nchanges = n;
	fit_changes(p);
}

void processes_forget(struct processes *all, uint64_t before_ns)
{
	struct process *p, *next;

	HASH_ITER (hh, all->by_pid, p, next) {
		bool ended = p->gone_ns && p->gone_ns < before_ns && !p->runs;

		if (ended && !p->kept) {
			drop(all, p);
			continue;
		}
		if (ended && !p->pruned)
			prune(all, p);
		for (uint32_t i = 0; i < p->n; i++)
			p->maps[i].kept = false;
		p->kept = p->runs = false;
	}
	all->nleft = all->nwhole;
	all->nsteps = 0;
}
