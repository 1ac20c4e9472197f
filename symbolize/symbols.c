#include "symbols.h"

#include "kallsyms.h"
#include "unwind.h"
#include "users.h"

#include <sirqprof/limits.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

/* A symbol that travelled with the recording, by the address seen. */
struct travelled {
	uint64_t addr, start;
	char *name, *module;
	UT_hash_handle hh;
};

struct symbols {
	struct symbols_cfg cfg;
	struct sp_resolver resolver;
	struct kallsyms *kallsyms;
	bool tried;
	struct travelled *travelled;
	struct users *users;
	struct unwind *unwind;
	uint64_t unknown;
};

/* On the first question only: most runs of `report` with names aboard never need it. */
static const struct kallsyms *local_kernel(struct symbols *s)
{
	struct sp_err why = SP_ERR_INIT;

	if (!s->cfg.local)
		return NULL;
	if (!s->tried) {
		s->tried = true;
		kallsyms_load(&s->kallsyms, s->cfg.kallsyms ? s->cfg.kallsyms : "/proc/kallsyms",
			      &why);
	}
	return s->kallsyms;
}

static size_t kernel(void *self, uint64_t pc, struct sp_frame *ret, size_t max)
{
	struct symbols *s = self;
	const struct kallsyms *k;
	struct travelled *t;
	struct ksymbol sym;

	if (!max)
		return 0;
	HASH_FIND(hh, s->travelled, &pc, sizeof(pc), t);
	if (t) {
		*ret = (struct sp_frame){
			.name = t->name, .module = t->module, .offset = pc - t->start, .known = true
		};
		return 1;
	}
	k = local_kernel(s);
	if (k && kallsyms_find(k, pc, &sym)) {
		*ret = (struct sp_frame){ .name = sym.name,
					  .module = sym.module,
					  .offset = pc - sym.start,
					  .known = true };
		return 1;
	}
	s->unknown++;
	*ret = (struct sp_frame){ .name = "[unknown]", .module = "" };
	return 1;
}

static int kernel_symbol(void *self, uint64_t addr, uint64_t start, const char *name,
			 const char *module, struct sp_err *err)
{
	struct symbols *s = self;
	struct travelled *t;

	HASH_FIND(hh, s->travelled, &addr, sizeof(addr), t);
	if (t)
		return SP_OK;
	t = calloc(1, sizeof(*t));
	if (t) {
		t->addr = addr;
		t->start = start <= addr ? start : addr;
		t->name = strndup(name, SP_MAX_STRING);
		t->module = strndup(module, SP_MAX_STRING);
	}
	if (!t || !t->name || !t->module) {
		if (t) {
			free(t->name);
			free(t->module);
		}
		free(t);
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for kernel symbols");
	}
	HASH_ADD(hh, s->travelled, addr, sizeof(t->addr), t);
	return SP_OK;
}

static size_t user(void *self, int32_t pid, uint64_t time_ns, uint64_t pc, struct sp_frame *ret,
		   size_t max)
{
	struct symbols *s = self;

	return users_frames(s->users, pid, time_ns, pc, ret, max);
}

static int mapped(void *self, const struct sp_mapping *m, struct sp_err *err)
{
	struct symbols *s = self;

	unwind_forget(s->unwind, m->pid);
	return users_map(s->users, m, err);
}

static int forked(void *self, int32_t pid, int32_t ppid, uint64_t time_ns, struct sp_err *err)
{
	struct symbols *s = self;

	if (pid != ppid)
		unwind_forget(s->unwind, pid);
	return users_fork(s->users, pid, ppid, time_ns, err);
}

static int execed(void *self, int32_t pid, uint64_t time_ns, struct sp_err *err)
{
	struct symbols *s = self;

	unwind_forget(s->unwind, pid);
	return users_exec(s->users, pid, time_ns, err);
}

static size_t unwound(void *self, int32_t pid, uint64_t time_ns, const struct sp_user_regs *regs,
		      uint64_t *ret, size_t max)
{
	struct symbols *s = self;

	return unwind_frames(s->unwind, pid, time_ns, regs, ret, max);
}

int symbols_new(struct symbols **ret, const struct symbols_cfg *cfg, struct sp_err *err)
{
	sp_auto(symbols) s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for symbols");
	s->cfg = *cfg;
	rc = users_new(&s->users, cfg->user, err);
	rc = rc ? rc : unwind_new(&s->unwind, s->users, err);
	if (rc)
		return rc;
	users_set_live(s->users, cfg->local);
	s->resolver = (struct sp_resolver){
		.self = s,
		.kernel = kernel,
		.user = user,
		.mapped = mapped,
		.forked = forked,
		.execed = execed,
		.kernel_symbol = kernel_symbol,
		.unwind = unwound,
	};
	*ret = sp_take(s);
	return SP_OK;
}

void symbols_free(struct symbols *s)
{
	struct travelled *t, *next;

	if (!s)
		return;
	HASH_ITER (hh, s->travelled, t, next) {
		HASH_DEL(s->travelled, t);
		free(t->name);
		free(t->module);
		free(t);
	}
	kallsyms_free(s->kallsyms);
	unwind_free(s->unwind);
	users_free(s->users);
	free(s);
}

const struct sp_resolver *symbols_resolver(struct symbols *s)
{
	return &s->resolver;
}

void symbols_set_local(struct symbols *s, bool local)
{
	s->cfg.local = local;
	users_set_live(s->users, local);
}

bool symbols_hidden(const struct symbols *s)
{
	return s->kallsyms && kallsyms_hidden(s->kallsyms);
}

uint64_t symbols_unknown(const struct symbols *s)
{
	return s->unknown;
}

struct teller {
	symbols_tell *tell;
	void *self;
};

static int on_trouble(void *self, const char *path, enum dwfl_state why, uint64_t addresses,
		      struct sp_err *err)
{
	const struct teller *t = self;

	return t->tell(t->self, why == DWFL_OTHER ? SP_Q_BUILD_ID : SP_Q_NO_SYMBOLS, addresses,
		       path, err);
}

int symbols_quality(const struct symbols *s, symbols_tell *tell, void *self, struct sp_err *err)
{
	struct teller t = { tell, self };
	int rc = SP_OK;

	if (symbols_hidden(s) || (s->tried && !s->kallsyms))
		rc = tell(self, SP_Q_KPTR, s->unknown, "", err);
	else if (s->unknown)
		rc = tell(self, SP_Q_NO_SYMBOLS, s->unknown, "kernel", err);
	return rc ? rc : users_troubles(s->users, on_trouble, &t, err);
}
