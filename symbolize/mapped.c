#include "mapped.h"

#include "processes.h"

/* Mappings kept of one process (dlopen-happy programs have hundreds), and its lives: execs, and new
 * processes of the same number. */
#define MAX_MAPS  4096U
#define MAX_LIVES 16U

struct mapped {
	struct processes processes;
};

int mapped_new(struct mapped **ret, struct sp_err *err)
{
	struct mapped *all = calloc(1, sizeof(*all));

	if (!all)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for mappings");
	*ret = all;
	return SP_OK;
}

void mapped_free(struct mapped *all)
{
	if (!all)
		return;
	processes_clear(&all->processes);
	free(all);
}

static struct process *find(const struct mapped *all, int32_t pid)
{
	return processes_find(&all->processes, pid);
}

int mapped_exit(struct mapped *all, int32_t pid, uint64_t time_ns, struct sp_err *err)
{
	struct process *p;

	/* Records of two CPUs come in any order: its fork may follow. */
	processes_make_room(&all->processes);
	p = processes_get(&all->processes, pid, err);
	/* And so may an exec of a thread that took over the number: its first thread ended, it did
	 * not. */
	if (p && p->nlives && time_ns && p->lives[p->nlives - 1] > time_ns)
		return SP_OK;
	if (p)
		processes_ended(&all->processes, p, time_ns);
	return p ? SP_OK : err->code;
}

/* So many mappings looked at for one look at all processes are enough: some 10 ms, for which
 * nothing is read of the rings. The processes that are left stay whole until the next. */
#define MOST_STEPS 10000000U

bool mapped_keep(struct mapped *all, int32_t pid, uint64_t time_ns, bool runs)
{
	struct process *p = find(all, pid);

	if (!p)
		return false;
	p->kept = true;
	/* Who was met later had not ended. */
	p->runs |= runs || time_ns > p->gone_ns;
	if (!p->gone_ns || p->pruned || p->runs)
		return false;
	p->runs = all->processes.nsteps > MOST_STEPS;
	return !p->runs;
}

void mapped_keep_at(struct mapped *all, int32_t pid, uint64_t time_ns, uint64_t pc)
{
	struct mapped_file *m = mapped_at(all, pid, time_ns, pc);
	struct process *p = find(all, pid);

	all->processes.nsteps += p ? p->n + 1 : 1;
	if (m)
		m->kept = true;
}

bool mapped_crowded(const struct mapped *all)
{
	const struct processes *p = &all->processes;

	return p->nmaps > PROCESSES_MOST_MAPS / 2 &&
	       p->nwhole > p->nleft + p->nleft / 2 + PROCESSES_MANY_GONE;
}

uint64_t mapped_refused(const struct mapped *all)
{
	return all->processes.refused;
}

void mapped_forget(struct mapped *all, uint64_t before_ns)
{
	processes_forget(&all->processes, before_ns);
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
	if (p->n == p->room && all->processes.nmaps >= PROCESSES_MOST_MAPS) {
		all->processes.refused++;
		return SP_OK;
	}
	if (p->n == p->room) {
		uint32_t room = p->room + p->room / 2 + 4;
		struct mapped_file *maps = realloc(p->maps, room * sizeof(*maps));

		if (!maps)
			return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for mappings");
		all->processes.nmaps += room - p->room;
		p->maps = maps;
		p->room = room;
	}
	p->maps[p->n++] = *m;
	return note_change(p, m->time_ns, err);
}

int mapped_add(struct mapped *all, int32_t pid, const struct mapped_file *m, struct sp_err *err)
{
	struct process *p;

	processes_make_room(&all->processes);
	p = processes_get(&all->processes, pid, err);
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
	processes_make_room(&all->processes);
	parent = find(all, ppid);
	p = processes_get(&all->processes, pid, err);
	if (!p)
		return err->code;
	if (p->gone_ns < time_ns || p->gone_ns == PROCESS_ENDED)
		processes_lives(&all->processes, p);
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
	struct process *p = processes_get(&all->processes, pid, err);
	int rc;

	if (!p)
		return err->code;
	/* A thread that executes a program takes over the number of its process. */
	if (p->gone_ns < time_ns || p->gone_ns == PROCESS_ENDED)
		processes_lives(&all->processes, p);
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
