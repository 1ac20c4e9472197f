#include "unwind.h"

#include "cfa.h"

#include <asm/perf_regs.h>
#include <libunwind.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

/*
 * libunwind exports this for programs that find unwind tables by themselves, as perf does, but
 * declares it in no installed header (src/dwarf/Gfind_proc_info-lsb.c). It searches the sorted
 * table of .eh_frame_hdr, reading it by access_mem().
 */
extern int UNW_OBJ(dwarf_search_unwind_table)(unw_addr_space_t as, unw_word_t ip,
					      unw_dyn_info_t *di, unw_proc_info_t *pi,
					      int need_unwind_info, void *arg);
#define search_table UNW_OBJ(dwarf_search_unwind_table)

/* Processes whose caches are kept: libunwind takes some 25 kB for each. */
#define MAX_SPACES 64U

/* Tables of more functions than this are not believed. */
#define MAX_FDES (16U << 20)

/* DW_EH_PE_* (LSB, .eh_frame_hdr): the only encodings that linkers write there. */
#define EH_OMIT		  0xff
#define EH_UDATA4	  0x03
#define EH_SDATA4	  0x0b
#define EH_PCREL	  0x10
#define EH_DATAREL_SDATA4 0x3b

/* No address of a process: half of all are not canonical. */
#define MADE_AT 0x7000000000000000ULL

struct space {
	int32_t pid;
	unw_addr_space_t as;
	UT_hash_handle hh;
};

struct unwind {
	struct users *users;
	struct space *spaces;
	/* the sample being unwound */
	int32_t pid;
	uint64_t time_ns, sp;
	const struct sp_user_regs *regs;
	/* whose .eh_frame is being read: recordings tell of executable mappings only, and it is not
	 * in one */
	struct elffile *file;
	uint64_t bias;
	/* a table that we made, which libunwind reads as if it were at MADE_AT */
	const struct ehtable *made;
	bool lost; /* no unwind table for a frame: libunwind goes on by guessing */
};

#if defined(__x86_64__)
#define REG_SP	      PERF_REG_X86_SP
#define REG_IP	      PERF_REG_X86_IP
#define RETURN_COLUMN 16 /* System V ABI, AMD64, figure 3.36 */
static int perf_reg(unw_regnum_t r)
{
	static const int bits[] = {
		[UNW_X86_64_RAX] = PERF_REG_X86_AX,  [UNW_X86_64_RDX] = PERF_REG_X86_DX,
		[UNW_X86_64_RCX] = PERF_REG_X86_CX,  [UNW_X86_64_RBX] = PERF_REG_X86_BX,
		[UNW_X86_64_RSI] = PERF_REG_X86_SI,  [UNW_X86_64_RDI] = PERF_REG_X86_DI,
		[UNW_X86_64_RBP] = PERF_REG_X86_BP,  [UNW_X86_64_RSP] = PERF_REG_X86_SP,
		[UNW_X86_64_R8] = PERF_REG_X86_R8,   [UNW_X86_64_R9] = PERF_REG_X86_R9,
		[UNW_X86_64_R10] = PERF_REG_X86_R10, [UNW_X86_64_R11] = PERF_REG_X86_R11,
		[UNW_X86_64_R12] = PERF_REG_X86_R12, [UNW_X86_64_R13] = PERF_REG_X86_R13,
		[UNW_X86_64_R14] = PERF_REG_X86_R14, [UNW_X86_64_R15] = PERF_REG_X86_R15,
		[UNW_X86_64_RIP] = PERF_REG_X86_IP,
	};

	return r >= 0 && (size_t)r < sizeof(bits) / sizeof(bits[0]) ? bits[r] : -1;
}
#elif defined(__aarch64__)
#define REG_SP	      PERF_REG_ARM64_SP
#define REG_IP	      PERF_REG_ARM64_PC
#define RETURN_COLUMN 30 /* DWARF for the Arm 64-bit Architecture: LR */
static int perf_reg(unw_regnum_t r)
{
	if (r == UNW_AARCH64_PC)
		return PERF_REG_ARM64_PC;
	/* X0 to X30 and SP have the same numbers. */
	return r >= UNW_AARCH64_X0 && r <= UNW_AARCH64_SP ? (int)(r - UNW_AARCH64_X0) : -1;
}
#else
#define REG_SP	      0
#define REG_IP	      0
#define RETURN_COLUMN 0
static int perf_reg(unw_regnum_t r)
{
	(void)r;
	return -1;
}
#endif

static bool reg(const struct sp_user_regs *regs, int bit, uint64_t *ret)
{
	if (bit < 0 || !(regs->mask & 1ULL << bit))
		return false;
	*ret = regs->regs[__builtin_popcountll(regs->mask & ((1ULL << bit) - 1))];
	return true;
}

/* What the stack copy holds, else what the file mapped there holds. */
static bool read_mem(struct unwind *u, uint64_t addr, void *to, size_t size)
{
	const struct sp_user_regs *r = u->regs;
	struct elffile *file;
	uint64_t bias;

	if (u->made && addr >= MADE_AT && addr - MADE_AT < u->made->n * sizeof(u->made->rows[0])) {
		if (size > u->made->n * sizeof(u->made->rows[0]) - (addr - MADE_AT))
			return false;
		memcpy(to, (const uint8_t *)u->made->rows + (addr - MADE_AT), size);
		return true;
	}
	if (addr >= u->sp && addr - u->sp < r->stack_size) {
		if (size > r->stack_size - (addr - u->sp))
			return false;
		memcpy(to, r->stack + (addr - u->sp), size);
		return true;
	}
	if (u->file && elffile_read(u->file, addr - u->bias, to, size))
		return true;
	file = users_file(u->users, u->pid, u->time_ns, addr, &bias);
	return file && elffile_read(file, addr - bias, to, size);
}

static int access_mem(unw_addr_space_t as, unw_word_t addr, unw_word_t *val, int write, void *arg)
{
	(void)as;
	if (write || !read_mem(arg, addr, val, sizeof(*val)))
		return -UNW_EINVAL;
	return 0;
}

static int access_reg(unw_addr_space_t as, unw_regnum_t num, unw_word_t *val, int write, void *arg)
{
	struct unwind *u = arg;
	uint64_t v;

	(void)as;
	if (write || !reg(u->regs, perf_reg(num), &v))
		return -UNW_EBADREG;
	*val = v;
	return 0;
}

/* One of the header's pointers; *at moves on. */
static bool read_encoded(struct unwind *u, uint8_t enc, uint64_t *at, uint64_t *ret)
{
	uint32_t v;

	if ((enc & 0x0f) != EH_UDATA4 && (enc & 0x0f) != EH_SDATA4)
		return false;
	if (!read_mem(u, *at, &v, sizeof(v)))
		return false;
	*ret = (enc & 0x0f) == EH_SDATA4 ? (uint64_t)(int64_t)(int32_t)v : v;
	if ((enc & 0x70) == EH_PCREL)
		*ret += *at;
	*at += sizeof(v);
	return true;
}

/* Without .eh_frame_hdr the whole of .eh_frame was looked through once. */
static int search_made(struct unwind *u, unw_addr_space_t as, unw_word_t ip, unw_proc_info_t *pi,
		       int need, uint64_t bias)
{
	unw_dyn_info_t di = { .format = UNW_INFO_FORMAT_REMOTE_TABLE };
	uint64_t vaddr;

	u->made = elffile_eh_table(u->file, &vaddr);
	if (!u->made)
		return -UNW_ENOINFO;
	di.start_ip = ip;
	di.end_ip = ip + 1;
	di.u.rti.segbase = vaddr + bias;
	di.u.rti.table_data = MADE_AT;
	di.u.rti.table_len = u->made->n * sizeof(u->made->rows[0]) / sizeof(unw_word_t);
	return search_table(as, ip, &di, pi, need, u);
}

/* .eh_frame_hdr: version, three encodings, pointer to .eh_frame, count, sorted table. */
static int search(struct unwind *u, unw_addr_space_t as, unw_word_t ip, unw_proc_info_t *pi,
		  int need)
{
	uint64_t bias, vaddr, size, at, frames, count;
	unw_dyn_info_t di = { .format = UNW_INFO_FORMAT_REMOTE_TABLE };
	struct elffile *file = users_file(u->users, u->pid, u->time_ns, ip, &bias);
	uint8_t head[4];

	if (!file)
		return -UNW_ENOINFO;
	u->file = file;
	u->bias = bias;
	u->made = NULL;
	if (!elffile_eh_frame_hdr(file, &vaddr, &size))
		return search_made(u, as, ip, pi, need, bias);
	at = vaddr + bias + sizeof(head);
	if (!elffile_read(file, vaddr, head, sizeof(head)) || head[0] != 1 ||
	    head[3] != EH_DATAREL_SDATA4 || head[2] == EH_OMIT)
		return -UNW_ENOINFO;
	if (!read_encoded(u, head[1], &at, &frames) || !read_encoded(u, head[2], &at, &count) ||
	    count > MAX_FDES)
		return -UNW_ENOINFO;
	di.start_ip = ip;
	di.end_ip = ip + 1;
	di.u.rti.segbase = vaddr + bias;
	di.u.rti.table_data = at;
	di.u.rti.table_len = count * 8 / sizeof(unw_word_t);
	return search_table(as, ip, &di, pi, need, u);
}

/* struct dwarf_cie_info of libunwind (include/dwarf.h), as far as it is looked at here. */
struct cie_info {
	unw_word_t cie_code, cie_code_end, fde_code, fde_code_end;
	unw_word_t code_align, data_align, return_column;
};

static bool is_code_safe(struct unwind *u, uint64_t begin, uint64_t end)
{
	uint8_t code[CFA_MAX_BYTES];

	return end >= begin && end - begin <= sizeof(code) &&
	       read_mem(u, begin, code, end - begin) &&
	       cfa_is_safe(code, end - begin, RETURN_COLUMN + 1);
}

/* What libunwind would believe unseen of a file. */
static bool is_safe(struct unwind *u, const unw_proc_info_t *pi)
{
	const struct cie_info *cie = pi->unwind_info;
	return cie && pi->unwind_info_size >= (int)sizeof(*cie) &&
	       cie->return_column == RETURN_COLUMN &&
	       is_code_safe(u, cie->cie_code, cie->cie_code_end) &&
	       is_code_safe(u, cie->fde_code, cie->fde_code_end);
}

static int find_proc_info(unw_addr_space_t as, unw_word_t ip, unw_proc_info_t *pi, int need,
			  void *arg)
{
	struct unwind *u = arg;
	int rc = search(u, as, ip, pi, need);

	if (!rc && need && !is_safe(u, pi))
		rc = -UNW_EBADFRAME;
	u->lost |= rc != 0;
	return rc;
}

static void put_unwind_info(unw_addr_space_t as, unw_proc_info_t *pi, void *arg)
{
	(void)as;
	(void)pi;
	(void)arg;
}

static int get_dyn_info_list_addr(unw_addr_space_t as, unw_word_t *addr, void *arg)
{
	(void)as;
	(void)addr;
	(void)arg;
	return -UNW_ENOINFO;
}

static int access_fpreg(unw_addr_space_t as, unw_regnum_t num, unw_fpreg_t *val, int write,
			void *arg)
{
	(void)as, (void)num, (void)val, (void)write, (void)arg;
	return -UNW_EINVAL;
}

static int resume(unw_addr_space_t as, unw_cursor_t *cursor, void *arg)
{
	(void)as;
	(void)cursor;
	(void)arg;
	return -UNW_EINVAL;
}

static int get_proc_name(unw_addr_space_t as, unw_word_t addr, char *buf, size_t len,
			 unw_word_t *off, void *arg)
{
	(void)as, (void)addr, (void)buf, (void)len, (void)off, (void)arg;
	return -UNW_EINVAL;
}

static const unw_accessors_t accessors = {
	.find_proc_info = find_proc_info,
	.put_unwind_info = put_unwind_info,
	.get_dyn_info_list_addr = get_dyn_info_list_addr,
	.access_mem = access_mem,
	.access_reg = access_reg,
	.access_fpreg = access_fpreg,
	.resume = resume,
	.get_proc_name = get_proc_name,
};

int unwind_new(struct unwind **ret, struct users *users, struct sp_err *err)
{
	struct unwind *u = calloc(1, sizeof(*u));

	if (!u)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for unwinding");
	u->users = users;
	*ret = u;
	return SP_OK;
}

static void drop(struct unwind *u, struct space *s)
{
	HASH_DEL(u->spaces, s);
	unw_destroy_addr_space(s->as);
	free(s);
}

void unwind_free(struct unwind *u)
{
	struct space *s, *next;

	if (!u)
		return;
	HASH_ITER (hh, u->spaces, s, next)
		drop(u, s);
	free(u);
}

void unwind_forget(struct unwind *u, int32_t pid)
{
	struct space *s;

	HASH_FIND_INT(u->spaces, &pid, s);
	if (s)
		drop(u, s);
}

static struct space *space_of(struct unwind *u, int32_t pid)
{
	unw_accessors_t calls = accessors; /* libunwind copies them */
	struct space *s;

	HASH_FIND_INT(u->spaces, &pid, s);
	if (s)
		return s;
	if (HASH_COUNT(u->spaces) >= MAX_SPACES)
		drop(u, u->spaces); /* the oldest */
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->pid = pid;
	s->as = unw_create_addr_space(&calls, 0);
	if (!s->as) {
		free(s);
		return NULL;
	}
	unw_set_caching_policy(s->as, UNW_CACHE_GLOBAL);
	HASH_ADD_INT(u->spaces, pid, s);
	return s;
}

size_t unwind_frames(struct unwind *u, int32_t pid, uint64_t time_ns,
		     const struct sp_user_regs *regs, uint64_t *ret, size_t max)
{
	struct space *s;
	unw_cursor_t c;
	unw_word_t ip;
	size_t n = 0;

	if (!max || regs->abi != PERF_SAMPLE_REGS_ABI_64 || !reg(regs, REG_IP, &ret[0]))
		return 0;
	n = 1;
	s = space_of(u, pid);
	if (!s || !reg(regs, REG_SP, &u->sp))
		return n;
	u->pid = pid;
	u->time_ns = time_ns;
	u->regs = regs;
	u->file = NULL;
	u->made = NULL;
	u->lost = false;
	if (unw_init_remote(&c, s->as, u))
		return n;
	/* A guessed frame is worse than none. */
	while (n < max && unw_step(&c) > 0 && !u->lost) {
		if (unw_get_reg(&c, UNW_REG_IP, &ip) || !ip)
			break;
		ret[n++] = ip;
	}
	return n;
}
