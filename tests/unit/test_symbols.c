/*
 * symbolize/symbols: names by whatever knows them, of this process's own functions and of kernel
 * symbols that came on the way.
 */
#include "inlined.h"
#include "unit.h"

#include "fakeself.h"

#include <fcntl.h>
#include <sys/auxv.h>

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
	assert_non_null(strstr(f[0].file, "inlined.h"));
	assert_string_equal(f[1].name, "outer_part");
	assert_false(f[1].inlined);
	assert_non_null(strstr(f[1].file, "inlined.h"));
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

static int count_kernel(void *self, enum sp_quality_code code, uint64_t count, const char *detail,
			struct sp_err *e)
{
	uint32_t *seen = self;

	(void)e;
	(void)detail;
	if (code == SP_Q_NO_SYMBOLS)
		seen[0] += (uint32_t)count;
	if (code == SP_Q_GONE_CODE)
		seen[1] += (uint32_t)count;
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

/* What a made kernel's report would say of an address without a name. */
static void kernel_rows(const char *text, uint64_t addr, bool used, uint32_t seen[2])
{
	static const char path[] = "/tmp/sirqprof-kallsyms-missed";
	const struct sp_resolver *r;
	struct symbols *s = NULL;
	struct sp_frame f;
	FILE *out = fopen(path, "we");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	fclose(out);
	assert_int_equal(
		symbols_new(&s, &(struct symbols_cfg){ .local = text[0] != 0, .kallsyms = path },
			    &err),
		0);
	r = symbols_resolver(s);
	assert_int_equal(r->kernel(r->self, addr, &f, 1), 1);
	assert_false(f.known);
	if (used)
		r->kernel_missed(r->self, addr);
	seen[0] = seen[1] = 0;
	assert_int_equal(symbols_quality(s, count_kernel, seen, &err), 0);
	symbols_free(s);
	unlink(path);
}

static void nameless_kernel_code_has_the_remedy_of_its_kind(void **state)
{
	static const char text[] = "ffffffff81000000 T _stext\n"
				   "ffffffff81001000 T one\n"
				   "ffffffff81900000 T _etext\n"
				   "ffffffffa0000000 t mod\t[mod]\n";
	uint32_t seen[2];

	(void)state;
	/* Asked for, not used: nobody misses it. */
	kernel_rows(text, 0xffffffff81400000, false, seen);
	assert_int_equal(seen[0] + seen[1], 0);
	/* Far from any symbol, within the kernel's text. */
	kernel_rows(text, 0xffffffff81400000, true, seen);
	assert_int_equal(seen[0], 1);
	assert_int_equal(seen[1], 0);
	/* Loaded into it, and gone. */
	kernel_rows(text, 0xffffffffa0800000, true, seen);
	assert_int_equal(seen[0], 0);
	assert_int_equal(seen[1], 1);
	/* Of another machine: as far as the address tells. */
	kernel_rows("", 0xffffffffc0800000, true, seen);
	assert_int_equal(seen[1], 1);
	kernel_rows("", 0xffffffffa0800000, true, seen);
	assert_int_equal(seen[0], 1);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_functions),
		cmocka_unit_test(vdso),
		cmocka_unit_test(inline_frames_and_lines),
		cmocka_unit_test(foreign_files_are_not_believed),
		cmocka_unit_test(wrong_build_id_gives_no_name),
		cmocka_unit_test(nameless_kernel_code_has_the_remedy_of_its_kind),
		cmocka_unit_test(kernel_made_symbols),
		cmocka_unit_test(travelled_names_win),
		cmocka_unit_test(programs_come_while_recording),
	};

	return named_function(cmocka_run_group_tests(tests, NULL, NULL)) - 1;
}
