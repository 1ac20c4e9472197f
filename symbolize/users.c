#include "users.h"

#include "elfpath.h"
#include "mapped.h"
#include "perfmap.h"
#include "texts.h"

#include <sirqprof/hash.h>
#include <sirqprof/limits.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
/* Asked for every mapping's path and build-id: uthash's own function takes three times as long. */
#define HASH_FUNCTION(key, len, hash) ((hash) = (unsigned int)sp_hash(key, len))
#include <uthash.h>

/* What a recording can make this keep of paths, made names and files is bounded. */
#define MAX_TEXT_BYTES (8U << 20)
#define MAX_MADE_BYTES (1U << 20)
#define MAX_TOLD       32768U

/* The names that a process wrote for its own code. */
struct jit {
	int32_t pid;
	struct perfmap *names; /* NULL: none */
	UT_hash_handle hh;
};

/* A file's build-id, as it was told by the path. */
struct told {
	const char *path, *build_id;
	bool ambiguous; /* two were: of two containers, or of one file replaced */
	UT_hash_handle hh;
};

struct users {
	bool elf, live;
	struct elffile_detail detail;
	struct mapped *mapped;
	struct jit *jits;
	struct elffiles *files;
	struct told *told;
	struct texts *texts; /* paths and build-ids */
	struct texts *made;  /* names for addresses without symbol */
};

int users_new(struct users **ret, bool elf, struct sp_err *err)
{
	sp_auto(users) u = calloc(1, sizeof(*u));
	int rc;

	if (!u)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for user symbols");
	u->elf = elf;
	rc = mapped_new(&u->mapped, err);
	rc = rc ? rc : elffiles_new(&u->files, err);
	rc = rc ? rc : texts_new(&u->texts, MAX_TEXT_BYTES, err);
	rc = rc ? rc : texts_new(&u->made, MAX_MADE_BYTES, err);
	if (!rc)
		*ret = sp_take(u);
	return rc;
}

void users_free(struct users *u)
{
	struct jit *j, *next;
	struct told *t, *tnext;

	if (!u)
		return;
	mapped_free(u->mapped);
	HASH_ITER (hh, u->jits, j, next) {
		HASH_DEL(u->jits, j);
		perfmap_free(j->names);
		free(j);
	}
	HASH_ITER (hh, u->told, t, tnext) {
		HASH_DEL(u->told, t);
		free(t);
	}
	texts_free(u->texts);
	texts_free(u->made);
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

/* "" when there are too many different ones. */
static int text_of(struct users *u, const char *text, const char **ret, struct sp_err *err)
{
	int rc = texts_keep(u->texts, text, ret, err);

	return rc == SP_END ? SP_OK : rc;
}

static struct told *told_of(struct users *u, const char *path)
{
	struct told *t;

	HASH_FIND_PTR(u->told, &path, t);
	return t;
}

int users_build_id(struct users *u, const char *path, const char *hex, struct sp_err *err)
{
	const char *kept, *id;
	int rc = text_of(u, path, &kept, err);
	struct told *t;

	rc = rc ? rc : text_of(u, hex, &id, err);
	if (rc || !*kept)
		return rc;
	t = told_of(u, kept);
	if (!t && HASH_COUNT(u->told) < MAX_TOLD) {
		t = calloc(1, sizeof(*t));
		if (!t)
			return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for build-ids");
		t->path = kept;
		HASH_ADD_PTR(u->told, path, t);
	}
	if (!t)
		return SP_OK;
	t->ambiguous |= t->build_id && t->build_id != id;
	t->build_id = id;
	return SP_OK;
}

/* Of the mapping, else of its path, if that is clear. */
static const char *build_id_of(struct users *u, const struct mapped_file *m)
{
	struct told *t = m->build_id[0] ? NULL : told_of(u, m->path);

	return t && !t->ambiguous ? t->build_id : m->build_id;
}

int users_map(struct users *u, const struct sp_mapping *m, struct sp_err *err)
{
	struct mapped_file map = {
		.start = m->start,
		.end = m->len > UINT64_MAX - m->start ? UINT64_MAX : m->start + m->len,
		.pgoff = m->pgoff,
		.ino = m->ino,
		.time_ns = m->time_ns,
		.told_ns = m->time_ns & (UINT64_MAX >> 2),
	};
	int rc = text_of(u, m->path, &map.path, err);

	rc = rc ? rc : text_of(u, m->build_id, &map.build_id, err);
	return rc ? rc : mapped_add(u->mapped, m->pid, &map, err);
}

int users_fork(struct users *u, int32_t pid, int32_t ppid, uint64_t time_ns, struct sp_err *err)
{
	return mapped_fork(u->mapped, pid, ppid, time_ns, err);
}

int users_exit(struct users *u, int32_t pid, uint64_t time_ns, struct sp_err *err)
{
	return mapped_exit(u->mapped, pid, time_ns, err);
}

bool users_keep(struct users *u, int32_t pid, uint64_t time_ns, bool runs)
{
	return mapped_keep(u->mapped, pid, time_ns, runs);
}

void users_keep_at(struct users *u, int32_t pid, uint64_t time_ns, uint64_t pc)
{
	mapped_keep_at(u->mapped, pid, time_ns, pc);
}

uint64_t users_refused(const struct users *u)
{
	return mapped_refused(u->mapped);
}

bool users_crowded(const struct users *u)
{
	return mapped_crowded(u->mapped);
}

void users_forget(struct users *u, uint64_t before_ns)
{
	mapped_forget(u->mapped, before_ns);
}

int users_exec(struct users *u, int32_t pid, uint64_t time_ns, struct sp_err *err)
{
	return mapped_exec(u->mapped, pid, time_ns, err);
}

uint64_t users_life(const struct users *u, int32_t pid, uint64_t time_ns)
{
	return mapped_life(u->mapped, pid, time_ns);
}

/* A file that did not change until it was seen running is the one that ran: mappings of processes
 * older than the recording do not tell their time. */
static struct elffile *file_of(struct users *u, int32_t pid, uint64_t seen_ns,
			       struct mapped_file *m)
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

/* NULL: it wrote none, or memory is short. */
static const struct perfmap *jit_of(struct users *u, int32_t pid)
{
	struct sp_err none = SP_ERR_INIT;
	struct jit *j;

	HASH_FIND_INT(u->jits, &pid, j);
	if (j)
		return j->names;
	j = calloc(1, sizeof(*j));
	if (!j)
		return NULL;
	j->pid = pid;
	perfmap_load(&j->names, pid, u->live, &none);
	HASH_ADD_INT(u->jits, pid, j);
	return j->names;
}

static bool jit_frame(struct users *u, int32_t pid, uint64_t pc, struct sp_frame *ret)
{
	const struct perfmap *names = NULL;
	const char *name;
	uint64_t start;

	/* Not live: the number means another process on another machine. */
	if (u->live && u->elf && mapped_knows(u->mapped, pid))
		names = jit_of(u, pid);
	name = names ? perfmap_find(names, pc, &start) : NULL;
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
	struct sp_err none = SP_ERR_INIT;
	const char *made;
	char text[300];

	snprintf(text, sizeof(text), "%.200s+0x%" PRIx64, *base ? base : path, offset);
	return texts_keep(u->made, text, &made, &none) ? "[unnamed]" : made;
}

size_t users_frames(struct users *u, int32_t pid, uint64_t time_ns, uint64_t pc,
		    struct sp_frame *ret, size_t max)
{
	struct mapped_file *m = mapped_at(u->mapped, pid, time_ns, pc);
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
	struct mapped_file *m = mapped_at(u->mapped, pid, time_ns, pc);
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
