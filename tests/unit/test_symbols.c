/*
 * symbolize: kallsyms, perf maps, ELF files, unwinding, mappings over time. The process under test
 * is this one: its own functions, maps, registers and stack.
 */
#include "kallsyms.h"
#include "perfmap.h"
#include "symbols.h"
#include "users.h"

#include <asm/perf_regs.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define LATER 1000

static struct sp_err err = SP_ERR_INIT;

static const char kernel_text[] = "0000000000000000 A fixed_percpu_data\n"
				  "ffffffff81000000 T _stext\n"
				  "ffffffff81000000 T startup_64\n"
				  "ffffffff81000100 t s_show\n"
				  "ffffffff81000180 t s_show.cold\n"
				  "ffffffff81000200 W weak_one\n"
				  "ffffffff81000300 D data_symbol\n"
				  "ffffffff81002000 T far\n"
				  "ffffffffc0100000 t nft_do_chain\t[nf_tables]\n"
				  "ffffffffc0000010 t bpf_prog_6deef7357e7b4530_hog\t[bpf]\n"
				  "junk\n"
				  "ffffffffc0100100 t last\t[nf_tables]";

static void check_kernel(const struct kallsyms *k, uint64_t addr, const char *name,
			 const char *module)
{
	struct ksymbol s;
	bool found = kallsyms_find(k, addr, &s);

	if (!name) {
		assert_false(found);
		return;
	}
	assert_true(found);
	assert_string_equal(s.name, name);
	assert_string_equal(s.module, module);
}

static void kernel_symbols(void **state)
{
	sp_auto(kallsyms) k = NULL;

	(void)state;
	assert_int_equal(kallsyms_parse(&k, kernel_text, sizeof(kernel_text) - 1, &err), 0);
	assert_false(kallsyms_hidden(k));
	check_kernel(k, 0xffffffff80ffffff, NULL, NULL);
	/* Of two names of one address the last, as for perf. */
	check_kernel(k, 0xffffffff810000ff, "startup_64", "[kernel.kallsyms]");
	check_kernel(k, 0xffffffff8100017f, "s_show", "[kernel.kallsyms]");
	check_kernel(k, 0xffffffff81000180, "s_show.cold", "[kernel.kallsyms]");
	check_kernel(k, 0xffffffff81000200, "weak_one", "[kernel.kallsyms]");
	/* Data ends the function before it. */
	check_kernel(k, 0xffffffff81000300, NULL, NULL);
	check_kernel(k, 0xffffffffc0000020, "bpf_prog_6deef7357e7b4530_hog", "[bpf]");
	check_kernel(k, 0xffffffffc0100001, "nft_do_chain", "[nf_tables]");
	check_kernel(k, 0xffffffffc0100100, "last", "[nf_tables]");
	/* The last of a module, and of all BPF programs. */
	check_kernel(k, 0xffffffffc0101fff, "last", "[nf_tables]");
	check_kernel(k, 0xffffffffc0102000, NULL, NULL);
	check_kernel(k, 0xffffffffc0001fff, "bpf_prog_6deef7357e7b4530_hog", "[bpf]");
	check_kernel(k, 0xffffffffc0002000, NULL, NULL);
	check_kernel(k, UINT64_MAX, NULL, NULL);
	check_kernel(k, 0, NULL, NULL);
}

static void hidden_kernel_symbols(void **state)
{
	static const char text[] = "0000000000000000 T _stext\n0000000000000000 t s_show\n";
	sp_auto(kallsyms) k = NULL;

	(void)state;
	assert_int_equal(kallsyms_parse(&k, text, sizeof(text) - 1, &err), 0);
	assert_true(kallsyms_hidden(k));
	assert_int_equal(kallsyms_count(k), 0);
	check_kernel(k, 0, NULL, NULL);
}

static void empty_kernel_symbols(void **state)
{
	sp_auto(kallsyms) k = NULL;

	(void)state;
	assert_int_equal(kallsyms_parse(&k, "", 0, &err), 0);
	check_kernel(k, 1, NULL, NULL);
}

static void perf_map(void **state)
{
	static const char text[] = "7f0000001000 100 LazyCompile:old file.js:1\n"
				   "0x7f0000001100 0x80 with prefix\r\n"
				   "7f0000001000 40 new code\n"
				   "garbage\n"
				   "7f0000009000 0 empty\n"
				   "ffffffffffffffff 10 wraps\n"
				   "7f00000020000000000 10 too long\n"
				   "7f0000003000 10 last";
	sp_auto(perfmap) p = NULL;
	uint64_t start = 0;

	(void)state;
	assert_int_equal(perfmap_parse(&p, text, sizeof(text) - 1, &err), 0);
	assert_string_equal(perfmap_find(p, 0x7f0000001010, &start), "new code");
	assert_int_equal(start, 0x7f0000001000);
	assert_string_equal(perfmap_find(p, 0x7f0000001040, &start), "LazyCompile:old file.js:1");
	assert_string_equal(perfmap_find(p, 0x7f0000001100, &start), "with prefix");
	assert_string_equal(perfmap_find(p, 0x7f000000300f, &start), "last");
	assert_null(perfmap_find(p, 0x7f0000003010, &start));
	assert_null(perfmap_find(p, 0x7f0000009000, &start));
	assert_null(perfmap_find(p, 0x7f0000000fff, &start));
	assert_null(perfmap_find(p, UINT64_MAX, &start));
}

/* In /tmp anyone can leave a map for anyone. */
static void maps_of_strangers(void **state)
{
	struct perfmap *p = NULL;
	char path[64];
	uint64_t start;
	FILE *f;

	(void)state;
	if (geteuid() != 0)
		skip();
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", (int)getpid());
	f = fopen(path, "we");
	assert_non_null(f);
	fputs("1000 100 mine\n", f);
	fclose(f);
	assert_int_equal(perfmap_load(&p, getpid(), true, &err), 0);
	assert_string_equal(perfmap_find(p, 0x1001, &start), "mine");
	perfmap_free(p);
	p = NULL;
	assert_int_equal(chown(path, 12345, 12345), 0);
	assert_true(perfmap_load(&p, getpid(), true, &(struct sp_err)SP_ERR_INIT) < 0);
	assert_null(p);
	unlink(path);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Tells a resolver what this process has mapped. */
static void tell_maps(struct symbols *s)
{
	const struct sp_resolver *r = symbols_resolver(s);
	FILE *f = fopen("/proc/self/maps", "re");
	char line[4500], perms[8], path[4096];
	uint64_t start, end, off;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		path[0] = 0;
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %" SCNx64 " %*s %*s %4095[^\n]",
			   &start, &end, perms, &off, path) < 4)
			continue;
		if (!strchr(perms, 'x'))
			continue;
		assert_int_equal(r->mapped(r->self,
					   &(struct sp_mapping){
						   .pid = getpid(),
						   .time_ns = now_ns(),
						   .start = start,
						   .len = end - start,
						   .pgoff = off,
						   .path = path,
						   .build_id = "",
					   },
					   &err),
				 0);
	}
	fclose(f);
}

static struct symbols *own_symbols(bool local)
{
	struct symbols *s = NULL;

	assert_int_equal(
		symbols_new(&s, &(struct symbols_cfg){ .local = local, .user = true }, &err), 0);
	tell_maps(s);
	return s;
}

static struct sp_frame frame_of(struct symbols *s, uint64_t pc)
{
	const struct sp_resolver *r = symbols_resolver(s);
	struct sp_frame f;

	assert_int_equal(r->user(r->self, getpid(), now_ns(), pc, &f, 1), 1);
	return f;
}

__attribute__((noinline)) static int named_function(int x)
{
	__asm__ volatile("");
	return x + 1;
}

static void own_functions(void **state)
{
	sp_auto(symbols) s = own_symbols(true);
	struct sp_frame f = frame_of(s, (uintptr_t)named_function + 1);

	(void)state;
	assert_true(f.known);
	assert_string_equal(f.name, "named_function");
	assert_int_equal(f.offset, 1);
	assert_non_null(strstr(f.module, "test_symbols"));
	f = frame_of(s, 16);
	assert_false(f.known);
	assert_string_equal(f.name, "[unknown]");
}

static void vdso(void **state)
{
	sp_auto(symbols) s = own_symbols(true);
	uint64_t at = getauxval(AT_SYSINFO_EHDR);
	bool found = false;

	(void)state;
	for (uint64_t a = at; a < at + 0x1000 && !found; a += 16) {
		struct sp_frame f = frame_of(s, a);

		found = f.known && strstr(f.name, "vdso_") != NULL;
	}
	assert_true(found);
}

__attribute__((noinline)) static uint64_t called_from(void)
{
	__asm__ volatile("");
	return (uint64_t)(uintptr_t)__builtin_return_address(0);
}

static inline __attribute__((always_inline)) uint64_t inlined_part(void)
{
	uint64_t at = called_from();

	__asm__ volatile("" : "+r"(at));
	return at;
}

__attribute__((noinline)) static uint64_t outer_part(void)
{
	return inlined_part() + 1;
}

static void inline_frames_and_lines(void **state)
{
	struct symbols *s = NULL;
	const struct sp_resolver *r;
	struct sp_frame f[4];
	size_t n;

	(void)state;
	assert_int_equal(
		symbols_new(&s,
			    &(struct symbols_cfg){
				    .local = true, .user = true, .inlines = true, .lines = true },
			    &err),
		0);
	tell_maps(s);
	r = symbols_resolver(s);
	n = r->user(r->self, getpid(), now_ns(), outer_part() - 2, f, 4);
	if (n == 1 && !f[0].file) {
		/* Built without debug information. */
		symbols_free(s);
		skip();
	}
	assert_int_equal(n, 2);
	assert_string_equal(f[0].name, "inlined_part");
	assert_true(f[0].inlined);
	assert_non_null(strstr(f[0].file, "test_symbols.c"));
	assert_string_equal(f[1].name, "outer_part");
	assert_false(f[1].inlined);
	assert_non_null(strstr(f[1].file, "test_symbols.c"));
	assert_true(f[1].line > f[0].line);
	symbols_free(s);
}

/* A recording of another machine: the file of that name here is not the file there. */
static void foreign_files_are_not_believed(void **state)
{
	sp_auto(symbols) s = own_symbols(false);
	struct sp_frame f = frame_of(s, (uintptr_t)named_function + 1);

	(void)state;
	assert_false(f.known);
	assert_non_null(strstr(f.name, "test_symbols+0x"));
}

static int count_trouble(void *self, enum sp_quality_code code, uint64_t count, const char *detail,
			 struct sp_err *e)
{
	uint32_t *seen = self;

	(void)e;
	(void)count;
	(void)detail;
	seen[0] += code == SP_Q_BUILD_ID;
	seen[1] += code == SP_Q_NO_SYMBOLS;
	return 0;
}

static void wrong_build_id_gives_no_name(void **state)
{
	struct symbols *s = NULL;
	const struct sp_resolver *r;
	uint32_t seen[2] = { 0 };
	struct sp_frame f;

	(void)state;
	assert_int_equal(
		symbols_new(&s, &(struct symbols_cfg){ .local = true, .user = true }, &err), 0);
	r = symbols_resolver(s);
	assert_int_equal(r->mapped(r->self,
				   &(struct sp_mapping){ .pid = 1,
							 .start = 0x1000,
							 .len = 1 << 20,
							 .path = "/proc/self/exe",
							 .build_id = "0123456789abcdef" },
				   &err),
			 0);
	r->user(r->self, 1, 5, 0x2000, &f, 1);
	assert_false(f.known);
	assert_string_equal(f.name, "exe+0x1000");
	assert_int_equal(symbols_quality(s, count_trouble, seen, &err), 0);
	assert_int_equal(seen[0], 1);
	assert_int_equal(seen[1], 0);
	symbols_free(s);
}

static void map_anon(struct users *u, int32_t pid, uint64_t t, uint64_t start, const char *path)
{
	assert_int_equal(users_map(u,
				   &(struct sp_mapping){ .pid = pid,
							 .time_ns = t,
							 .start = start,
							 .len = 0x1000,
							 .path = path,
							 .build_id = "" },
				   &err),
			 0);
}

static const char *at(struct users *u, int32_t pid, uint64_t t, uint64_t pc)
{
	struct sp_frame f;

	assert_int_equal(users_frames(u, pid, t, pc, &f, 1), 1);
	return f.module;
}

static void mappings_over_time(void **state)
{
	sp_auto(users) u = NULL;

	(void)state;
	assert_int_equal(users_new(&u, false, &err), 0);
	map_anon(u, 10, 0, 0x1000, "/bin/a");
	map_anon(u, 10, 50, 0x1000, "/bin/b");
	assert_string_equal(at(u, 10, 49, 0x1800), "/bin/a");
	assert_string_equal(at(u, 10, 50, 0x1800), "/bin/b");
	assert_string_equal(at(u, 10, 50, 0x2000), "");
	/* The child has its parent's maps, until it becomes another program. */
	assert_int_equal(users_fork(u, 11, 10, 60, &err), 0);
	assert_string_equal(at(u, 11, 61, 0x1800), "/bin/b");
	assert_string_equal(at(u, 11, 59, 0x1800), "");
	assert_int_equal(users_exec(u, 11, 70, &err), 0);
	assert_string_equal(at(u, 11, 69, 0x1800), "/bin/b");
	assert_string_equal(at(u, 11, 71, 0x1800), "");
	map_anon(u, 11, 72, 0x1000, "/bin/c");
	assert_string_equal(at(u, 11, 73, 0x1800), "/bin/c");
	assert_string_equal(at(u, 11, 65, 0x1800), "/bin/b");
	/* Threads change nothing. */
	assert_int_equal(users_fork(u, 11, 11, 80, &err), 0);
	assert_string_equal(at(u, 11, 81, 0x1800), "/bin/c");
	/* The number is used again. */
	assert_int_equal(users_fork(u, 11, 99, 90, &err), 0);
	assert_string_equal(at(u, 11, 91, 0x1800), "");
}

/* What stands at an address changes with exec and with what is mapped over it. */
static void lives(void **state)
{
	sp_auto(users) u = NULL;
	uint64_t before;

	(void)state;
	assert_int_equal(users_new(&u, false, &err), 0);
	assert_int_equal(users_life(u, 20, 5), 0);
	map_anon(u, 20, 0, 0x1000, "/bin/a");
	map_anon(u, 20, 50, 0x1000, "/bin/b");
	before = users_life(u, 20, 60);
	assert_int_equal(before, users_life(u, 20, 99));
	assert_int_not_equal(before, users_life(u, 20, 49));
	assert_int_equal(users_exec(u, 20, 100, &err), 0);
	assert_int_not_equal(before, users_life(u, 20, 100));
	/* Late news of something earlier finds its place. */
	map_anon(u, 20, 70, 0x9000, "/lib/c");
	assert_int_not_equal(users_life(u, 20, 69), users_life(u, 20, 70));
	assert_int_equal(users_life(u, 20, 101), 100);
}

static void kernel_made_symbols(void **state)
{
	struct symbols *s = NULL;
	const struct sp_resolver *r;
	struct sp_frame f;

	(void)state;
	assert_int_equal(symbols_new(&s, &(struct symbols_cfg){ .local = false }, &err), 0);
	r = symbols_resolver(s);
	assert_int_equal(
		r->kernel_range(r->self, 0xffffffffc0000000, 0x100, "bpf_prog_a", "[bpf]", &err),
		0);
	assert_int_equal(
		r->kernel_range(r->self, 0xffffffffc0000200, 0x100, "bpf_prog_b", "[bpf]", &err),
		0);
	r->kernel(r->self, 0xffffffffc00000ff, &f, 1);
	assert_string_equal(f.name, "bpf_prog_a");
	assert_string_equal(f.module, "[bpf]");
	/* Never past its end. */
	r->kernel(r->self, 0xffffffffc0000100, &f, 1);
	assert_false(f.known);
	/* Another takes the place of both. */
	assert_int_equal(
		r->kernel_range(r->self, 0xffffffffc0000080, 0x200, "bpf_prog_c", "[bpf]", &err),
		0);
	r->kernel(r->self, 0xffffffffc0000210, &f, 1);
	assert_string_equal(f.name, "bpf_prog_c");
	r->kernel(r->self, 0xffffffffc0000010, &f, 1);
	assert_false(f.known);
	symbols_free(s);
}

static void travelled_names_win(void **state)
{
	static const char name[] = "name_over_there";
	struct symbols *s = NULL;
	const struct sp_resolver *r;
	struct sp_frame f;

	(void)state;
	assert_int_equal(symbols_new(&s, &(struct symbols_cfg){ .local = false }, &err), 0);
	r = symbols_resolver(s);
	assert_int_equal(r->kernel_symbol(r->self, 0xffffffff81000110, 0xffffffff81000100, name,
					  "[nf_tables]", &err),
			 0);
	assert_int_equal(r->kernel(r->self, 0xffffffff81000110, &f, 1), 1);
	assert_string_equal(f.name, name);
	assert_int_equal(f.offset, 0x10);
	assert_int_equal(r->kernel(r->self, 0xffffffff81000111, &f, 1), 1);
	assert_false(f.known);
	symbols_free(s);
}

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* A BPF program that is loaded while we record gets its name; a report never looks twice. */
static void programs_come_while_recording(void **state)
{
	static const uint64_t prog = 0xffffffffc0000010;
	char path[] = "/tmp/sirqprof-kallsyms-XXXXXX";
	struct symbols *s[2] = { NULL };
	struct sp_frame f;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	write_text(path, "ffffffff81000000 T _stext\nffffffff81000100 t s_show\n");
	for (int live = 0; live < 2; live++) {
		const struct sp_resolver *r;

		assert_int_equal(symbols_new(&s[live],
					     &(struct symbols_cfg){ .local = true,
								    .live = live,
								    .kallsyms = path },
					     &err),
				 0);
		r = symbols_resolver(s[live]);
		r->kernel(r->self, prog, &f, 1);
		assert_false(f.known);
	}
	write_text(path, "ffffffff81000000 T _stext\nffffffff81000100 t s_show\n"
			 "ffffffffc0000000 t bpf_prog_1_hog\t[bpf]\n");
	usleep(1100000);
	for (int live = 0; live < 2; live++) {
		const struct sp_resolver *r = symbols_resolver(s[live]);

		r->kernel(r->self, prog, &f, 1);
		assert_int_equal(f.known, live);
		if (live)
			assert_string_equal(f.name, "bpf_prog_1_hog");
		symbols_free(s[live]);
	}
	unlink(path);
}

/* What a sample with --call-graph dwarf carries, taken of ourselves. */
struct snapshot {
	uint64_t regs[PERF_REG_X86_64_MAX];
	uint8_t stack[4 << 10];
};

#if defined(__x86_64__)
static struct snapshot snap;

__attribute__((noinline, no_sanitize("address"))) static void take_snapshot(void)
{
	uint64_t sp, top;

	__asm__ volatile("movq %%rbx, %0\n\tmovq %%rbp, %1\n\tmovq %%r12, %2\n\tmovq %%r13, %3\n\t"
			 "movq %%r14, %4\n\tmovq %%r15, %5\n\tmovq %%rsp, %6\n\t"
			 "leaq 0(%%rip), %%rax\n\tmovq %%rax, %7"
			 : "=m"(snap.regs[PERF_REG_X86_BX]), "=m"(snap.regs[PERF_REG_X86_BP]),
			   "=m"(snap.regs[PERF_REG_X86_R12]), "=m"(snap.regs[PERF_REG_X86_R13]),
			   "=m"(snap.regs[PERF_REG_X86_R14]), "=m"(snap.regs[PERF_REG_X86_R15]),
			   "=m"(snap.regs[PERF_REG_X86_SP]), "=m"(snap.regs[PERF_REG_X86_IP])
			 :
			 : "rax", "memory");
	sp = snap.regs[PERF_REG_X86_SP];
	top = sp + sizeof(snap.stack);
	for (uint64_t a = sp; a < top; a++)
		snap.stack[a - sp] = *(volatile uint8_t *)a; /* NOLINT */
}

__attribute__((noinline)) static void level_c(int n)
{
	char pad[300];

	memset(pad, n, sizeof(pad));
	take_snapshot();
	__asm__ volatile("" : : "r"(pad) : "memory");
}

__attribute__((noinline)) static void level_b(int n)
{
	level_c(n + 1);
	__asm__ volatile("");
}

__attribute__((noinline)) static void level_a(int n)
{
	level_b(n + 1);
	__asm__ volatile("");
}

static void unwinding(void **state)
{
	static const char *const want[] = { "take_snapshot", "level_c", "level_b", "level_a",
					    "unwinding" };
	sp_auto(symbols) s = own_symbols(true);
	const struct sp_resolver *r = symbols_resolver(s);
	struct sp_user_regs regs = {
		.abi = PERF_SAMPLE_REGS_ABI_64,
		/* All but the segments, which perf refuses. */
		.mask = 0xff0fffULL,
		.stack = snap.stack,
		.stack_size = sizeof(snap.stack),
	};
	uint64_t packed[24], ips[64];
	size_t n = 0;

	(void)state;
	level_a(1);
	for (int i = 0; i < 24; i++)
		if (regs.mask & 1ULL << i)
			packed[n++] = snap.regs[i];
	regs.regs = packed;
	for (int again = 0; again < 2; again++) {
		n = r->unwind(r->self, getpid(), now_ns(), &regs, ips, 64);
		assert_true(n > 5);
		for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
			/* Compilers append: level_c.constprop.0 */
			assert_memory_equal(frame_of(s, ips[i] - (i > 0)).name, want[i],
					    strlen(want[i]));
	}
	/* Registers without the stack: the one address that is sure. */
	regs.stack_size = 0;
	assert_int_equal(r->unwind(r->self, getpid(), now_ns(), &regs, ips, 64), 1);
	regs.abi = PERF_SAMPLE_REGS_ABI_NONE;
	assert_int_equal(r->unwind(r->self, getpid(), now_ns(), &regs, ips, 64), 0);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernel_symbols),
		cmocka_unit_test(hidden_kernel_symbols),
		cmocka_unit_test(empty_kernel_symbols),
		cmocka_unit_test(perf_map),
		cmocka_unit_test(maps_of_strangers),
		cmocka_unit_test(own_functions),
		cmocka_unit_test(vdso),
		cmocka_unit_test(inline_frames_and_lines),
		cmocka_unit_test(foreign_files_are_not_believed),
		cmocka_unit_test(wrong_build_id_gives_no_name),
		cmocka_unit_test(mappings_over_time),
		cmocka_unit_test(lives),
		cmocka_unit_test(kernel_made_symbols),
		cmocka_unit_test(travelled_names_win),
		cmocka_unit_test(programs_come_while_recording),
#if defined(__x86_64__)
		cmocka_unit_test(unwinding),
#endif
	};

	return named_function(cmocka_run_group_tests(tests, NULL, NULL)) - 1;
}
