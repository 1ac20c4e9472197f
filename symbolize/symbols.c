#include "symbols.h"

#include "ahead.h"
#include "kallsyms.h"
#include "kranges.h"
#include "missed.h"
#include "travelled.h"
#include "troubles.h"
#include "unwind.h"
#include "users.h"
#include "vmlinux.h"

#include <sirqprof/limits.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Looks for symbols that are newer than the first. */
#define MAX_NEWER     32U
#define LOOK_AGAIN_NS 1000000000U

/* Names of kernel symbols in the recording: a kernel's 100,000 would fit. */
#define MAX_NAME_BYTES (4U << 20)

struct symbols {
	struct symbols_cfg cfg;
	struct sp_resolver resolver;
	struct kallsyms *kallsyms;
	struct ahead *ahead; /* kallsyms is being read */
	bool tried;
	/* what the recording says of its kernel: where a symbol of it lay; NULL, or not compared
	 * yet */
	char *told_name;
	uint64_t told_addr;
	/* modules and BPF programs that were loaded later */
	struct kallsyms *newer[MAX_NEWER];
	uint32_t nnewer;
	uint64_t looked_ns;
	bool elsewhere;	     /* the recorded kernel lay at other addresses */
	struct texts *names; /* of the next two */
	struct travelled *travelled;
	struct kranges *ranges;
	struct vmlinux *vmlinux;
	struct users *users;
	struct unwind *unwind;
	struct missed missed;
};

static const char *kallsyms_path(const struct symbols *s)
{
	return s->cfg.kallsyms ? s->cfg.kallsyms : "/proc/kallsyms";
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

/* Another place is another boot (KASLR), whatever host and version say. */
static void compare_told(struct symbols *s)
{
	uint64_t here = s->kallsyms ? kallsyms_address(s->kallsyms, s->told_name) : 0;

	s->elsewhere |= here && here != s->told_addr;
	free(s->told_name);
	s->told_name = NULL;
}

/* On the first question only: most runs of `report` with names aboard never need it. */
static const struct kallsyms *local_kernel(struct symbols *s)
{
	struct sp_err why = SP_ERR_INIT;

	if (!s->cfg.local || s->elsewhere)
		return NULL;
	if (!s->tried) {
		s->tried = true;
		s->looked_ns = now_ns();
		if (s->ahead)
			s->kallsyms = ahead_take(s->ahead);
		else
			kallsyms_load(&s->kallsyms, kallsyms_path(s), &why);
		s->ahead = NULL;
	}
	if (s->told_name)
		compare_told(s);
	return s->elsewhere ? NULL : s->kallsyms;
}

/* Kernel names withheld (kptr_restrict, lockdown). */
static bool is_hidden(const struct symbols *s)
{
	return s->kallsyms && kallsyms_hidden(s->kallsyms);
}

/* A module or BPF program that was loaded since. Reading kallsyms costs the kernel 40 ms: not for
 * every address, and not for ever. */
static bool find_newer(struct symbols *s, uint64_t pc, struct ksymbol *ret)
{
	struct sp_err why = SP_ERR_INIT;
	uint64_t now;

	for (uint32_t i = s->nnewer; i-- > 0;)
		if (kallsyms_find(s->newer[i], pc, ret))
			return true;
	now = s->cfg.live && s->nnewer < MAX_NEWER ? now_ns() : 0;
	if (!now || now - s->looked_ns < LOOK_AGAIN_NS || is_hidden(s))
		return false;
	s->looked_ns = now;
	if (kallsyms_load_modules(&s->newer[s->nnewer], kallsyms_path(s), &why))
		return false;
	return kallsyms_find(s->newer[s->nnewer++], pc, ret);
}

static struct sp_frame known_frame(const struct ksymbol *sym, uint64_t pc)
{
	return (struct sp_frame){
		.name = sym->name, .module = sym->module, .offset = pc - sym->start, .known = true
	};
}

/* The function that holds pc. */
static void kernel_function(struct symbols *s, uint64_t pc, struct sp_frame *ret)
{
	const struct kallsyms *k;
	struct ksymbol sym;

	if (travelled_find(s->travelled, pc, &sym) || kranges_find(s->ranges, pc, &sym)) {
		*ret = known_frame(&sym, pc);
		return;
	}
	k = local_kernel(s);
	if (k && (kallsyms_find(k, pc, &sym) || find_newer(s, pc, &sym))) {
		*ret = known_frame(&sym, pc);
		return;
	}
	*ret = (struct sp_frame){ .name = "[unknown]", .module = "" };
}

static size_t kernel(void *self, uint64_t pc, struct sp_frame *ret, size_t max)
{
	struct symbols *s = self;
	bool detail = s->cfg.inlines || s->cfg.lines || s->cfg.vmlinux;
	size_t n = 1;

	if (!max)
		return 0;
	kernel_function(s, pc, ret);
	if (detail && (!ret->known || strcmp(ret->module, "[kernel.kallsyms]") == 0))
		n = vmlinux_frames(s->vmlinux, pc,
				   (struct elffile_detail){ s->cfg.inlines, s->cfg.lines }, ret,
				   max);
	return n;
}

static void kernel_missed(void *self, uint64_t pc)
{
	struct symbols *s = self;

	missed_put(&s->missed, pc, local_kernel(s));
}

static int kernel_symbol(void *self, uint64_t addr, uint64_t start, const char *name,
			 const char *module, struct sp_err *err)
{
	return travelled_add(((struct symbols *)self)->travelled, addr, start, name, module, err);
}

static int kernel_range(void *self, uint64_t start, uint64_t len, const char *name,
			const char *module, struct sp_err *err)
{
	return kranges_add(((struct symbols *)self)->ranges, start, len, name, module, err);
}

static int build_id(void *self, const char *path, const char *hex, bool is_kernel,
		    struct sp_err *err)
{
	struct symbols *s = self;

	if (is_kernel && strcmp(path, "[kernel.kallsyms]") == 0)
		vmlinux_set_kernel(s->vmlinux, hex, NULL);
	return is_kernel ? SP_OK : users_build_id(s->users, path, hex, err);
}

static uint64_t life(void *self, int32_t pid, uint64_t time_ns)
{
	return users_life(((struct symbols *)self)->users, pid, time_ns);
}

static size_t user(void *self, int32_t pid, uint64_t time_ns, uint64_t pc, struct sp_frame *ret,
		   size_t max)
{
	return users_frames(((struct symbols *)self)->users, pid, time_ns, pc, ret, max);
}

/* perf names the kernel's mapping after a symbol and gives its address: where the recorded kernel
 * was. It is compared when the first name is asked for; meanwhile kallsyms is read. */
static void note_kernel(struct symbols *s, const struct sp_mapping *m)
{
	const char *name = strchr(m->path, ']');

	if (!name || !name[1] || !m->pgoff || strncmp(m->path, "[kernel.kallsyms]", 17) != 0)
		return;
	vmlinux_set_place(s->vmlinux, name + 1, m->pgoff);
	if (!s->cfg.local || s->elsewhere)
		return;
	if (s->told_name)
		local_kernel(s);
	s->told_name = strdup(name + 1);
	s->told_addr = m->pgoff;
	if (!s->tried && !s->ahead)
		s->ahead = ahead_begin(kallsyms_path(s));
}

static int mapped(void *self, const struct sp_mapping *m, struct sp_err *err)
{
	struct symbols *s = self;

	if (m->path[0] == '[' && strncmp(m->path, "[kernel", 7) == 0) {
		note_kernel(s, m);
		return SP_OK;
	}
	/* Modules and the guests of virtual machines. */
	if (m->pid < 0)
		return SP_OK;
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

static int exited(void *self, int32_t pid, uint64_t time_ns, struct sp_err *err)
{
	return users_exit(((struct symbols *)self)->users, pid, time_ns, err);
}

static bool keep(void *self, int32_t pid, uint64_t time_ns, bool runs)
{
	return users_keep(((struct symbols *)self)->users, pid, time_ns, runs);
}

static void keep_at(void *self, int32_t pid, uint64_t time_ns, uint64_t pc)
{
	users_keep_at(((struct symbols *)self)->users, pid, time_ns, pc);
}

static bool crowded(void *self)
{
	return users_crowded(((struct symbols *)self)->users);
}

static void forget(void *self, uint64_t before_ns)
{
	users_forget(((struct symbols *)self)->users, before_ns);
}

static size_t unwound(void *self, int32_t pid, uint64_t time_ns, const struct sp_user_regs *regs,
		      uint64_t *ret, size_t max)
{
	return unwind_frames(((struct symbols *)self)->unwind, pid, time_ns, regs, ret, max);
}

int symbols_new(struct symbols **ret, const struct symbols_cfg *cfg, struct sp_err *err)
{
	sp_auto(symbols) s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for symbols");
	s->cfg = *cfg;
	rc = users_new(&s->users, cfg->user, err);
	rc = rc ? rc : texts_new(&s->names, MAX_NAME_BYTES, err);
	rc = rc ? rc : travelled_new(&s->travelled, s->names, err);
	rc = rc ? rc : kranges_new(&s->ranges, s->names, err);
	rc = rc ? rc : vmlinux_new(&s->vmlinux, cfg->vmlinux, err);
	rc = rc ? rc : unwind_new(&s->unwind, s->users, err);
	if (rc)
		return rc;
	users_set_live(s->users, cfg->local);
	users_set_detail(s->users, (struct elffile_detail){ cfg->inlines, cfg->lines });
	s->resolver = (struct sp_resolver){
		.self = s,
		.kernel = kernel,
		.kernel_missed = kernel_missed,
		.user = user,
		.mapped = mapped,
		.forked = forked,
		.execed = execed,
		.exited = exited,
		.keep = keep,
		.keep_at = keep_at,
		.forget = forget,
		.crowded = crowded,
		.kernel_symbol = kernel_symbol,
		.kernel_range = kernel_range,
		.build_id = build_id,
		.life = life,
		.unwind = unwound,
	};
	*ret = sp_take(s);
	return SP_OK;
}

void symbols_free(struct symbols *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->nnewer; i++)
		kallsyms_free(s->newer[i]);
	kallsyms_free(s->kallsyms);
	kranges_free(s->ranges);
	travelled_free(s->travelled);
	missed_clear(&s->missed);
	texts_free(s->names);
	kallsyms_free(ahead_take(s->ahead));
	free(s->told_name);
	vmlinux_free(s->vmlinux);
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

void symbols_set_kernel(struct symbols *s, const char *build_id, const char *release)
{
	vmlinux_set_kernel(s->vmlinux, build_id, release);
}

static int tell_vmlinux(const struct symbols *s, symbols_tell *tell, void *self, struct sp_err *err)
{
	const char *path;
	enum elffile_state state = vmlinux_state(s->vmlinux, &path);

	if (state == ELFFILE_FINE)
		return SP_OK;
	return tell(self, state == ELFFILE_OTHER ? SP_Q_BUILD_ID : SP_Q_NO_VMLINUX, 1, path, err);
}

int symbols_quality(struct symbols *s, symbols_tell *tell, void *self, struct sp_err *err)
{
	uint64_t missed = s->missed.kernel + s->missed.gone;
	bool withheld = is_hidden(s) || (s->tried && !s->kallsyms);
	int rc;

	/* Names that all travelled are not missed, whatever this machine hides. */
	rc = missed_tell(&s->missed, (missed || s->cfg.live) && withheld, tell, self, err);
	if (!rc && users_refused(s->users))
		rc = tell(self, SP_Q_LIMIT, users_refused(s->users), "mappings of processes", err);
	rc = rc ? rc : tell_vmlinux(s, tell, self, err);
	return rc ? rc : troubles_tell(s->users, tell, self, err);
}
