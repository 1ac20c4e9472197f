#include "users.h"

#include "dwfl.h"

#include <sirqprof/limits.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

/* Mappings kept of one process; dlopen-happy programs have hundreds. */
#define MAX_MAPS 4096U

struct map {
	uint64_t start, end, pgoff, time_ns;
	struct dwfl_file *file;	/* shared */
	const char *path;	/* interned in files */
};

struct process {
	int32_t pid;
	struct map *maps;	/* in order of time */
	uint32_t n, room;
	UT_hash_handle hh;
};

/* A name made up for an address without symbol; they live as long as the resolver. */
struct made_name {
	char *text;
	UT_hash_handle hh;
};

struct users {
	bool elf;
	struct process *processes;
	struct dwfl_files *files;
	struct made_name *made;
};

int users_new(struct users **ret, bool elf, struct sp_err *err)
{
	sp_auto(users) u = calloc(1, sizeof(*u));
	int rc;

	if (!u)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for user symbols");
	u->elf = elf;
	rc = dwfl_files_new(&u->files, err);
	if (!rc)
		*ret = sp_take(u);
	return rc;
}

void users_free(struct users *u)
{
	struct process *p, *next;
	struct made_name *m, *mnext;

	if (!u)
		return;
	HASH_ITER(hh, u->processes, p, next) {
		HASH_DEL(u->processes, p);
		free(p->maps);
		free(p);
	}
	HASH_ITER(hh, u->made, m, mnext) {
		HASH_DEL(u->made, m);
		free(m->text);
		free(m);
	}
	dwfl_files_free(u->files);
	free(u);
}

static struct process *get(struct users *u, int32_t pid, struct sp_err *err)
{
	struct process *p;

	HASH_FIND_INT(u->processes, &pid, p);
	if (p)
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

static int add_map(struct process *p, const struct map *m, struct sp_err *err)
{
	if (p->n == MAX_MAPS) {
		memmove(p->maps, p->maps + MAX_MAPS / 2, MAX_MAPS / 2 * sizeof(*p->maps));
		p->n = MAX_MAPS / 2;
	}
	if (p->n == p->room) {
		uint32_t room = p->room ? p->room * 2 : 16;
		struct map *maps = realloc(p->maps, room * sizeof(*maps));

		if (!maps)
			return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for mappings");
		p->maps = maps;
		p->room = room;
	}
	p->maps[p->n++] = *m;
	return SP_OK;
}

int users_map(struct users *u, const struct sp_mapping *m, struct sp_err *err)
{
	struct process *p = get(u, m->pid, err);
	struct map map = { m->start, m->start + m->len, m->pgoff, m->time_ns, NULL, NULL };

	if (!p)
		return err->code;
	map.file = dwfl_files_get(u->files, m->path, m->build_id, m->pid);
	map.path = map.file ? dwfl_file_path(map.file) : "";
	return add_map(p, &map, err);
}

int users_fork(struct users *u, int32_t pid, int32_t ppid, uint64_t time_ns, struct sp_err *err)
{
	struct process *parent, *p;
	int rc = SP_OK;

	HASH_FIND_INT(u->processes, &ppid, parent);
	HASH_FIND_INT(u->processes, &pid, p);
	if (!parent || pid == ppid || (p && p->n && !time_ns))
		return SP_OK;
	p = get(u, pid, err);
	if (!p)
		return err->code;
	p->n = 0;
	for (uint32_t i = 0; !rc && i < parent->n; i++)
		rc = add_map(p, &parent->maps[i], err);
	return rc;
}

int users_exec(struct users *u, int32_t pid, uint64_t time_ns, struct sp_err *err)
{
	struct process *p = get(u, pid, err);

	(void)time_ns;
	if (!p)
		return err->code;
	p->n = 0;	/* the new program's mappings follow */
	return SP_OK;
}

static const char *make_name(struct users *u, const char *path, uint64_t offset)
{
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	char text[SP_MAX_STRING + 32];
	struct made_name *m;

	snprintf(text, sizeof(text), "%.200s+0x%" PRIx64, base, offset);
	HASH_FIND_STR(u->made, text, m);
	if (m)
		return m->text;
	m = calloc(1, sizeof(*m));
	if (m)
		m->text = strdup(text);
	if (!m || !m->text) {
		free(m);
		return "[unknown]";
	}
	HASH_ADD_KEYPTR(hh, u->made, m->text, strlen(m->text), m);
	return m->text;
}

size_t users_frames(struct users *u, int32_t pid, uint64_t time_ns, uint64_t pc,
		    struct sp_frame *ret, size_t max)
{
	const struct map *m = NULL;
	struct process *p;

	if (!max)
		return 0;
	*ret = (struct sp_frame){ .name = "[unknown]", .module = "" };
	HASH_FIND_INT(u->processes, &pid, p);
	for (uint32_t i = p ? p->n : 0; i-- > 0 && !m;)
		if (pc >= p->maps[i].start && pc < p->maps[i].end &&
		    p->maps[i].time_ns <= time_ns)
			m = &p->maps[i];
	if (!m || !m->file)
		return 1;
	ret->module = m->path;
	if (u->elf && dwfl_file_frame(m->file, pc - m->start + m->pgoff, ret))
		return 1;
	ret->name = make_name(u, m->path, pc - m->start + m->pgoff);
	return 1;
}
