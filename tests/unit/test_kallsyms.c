/* symbolize/kallsyms and perfmap: the kernel's symbols and those of compilers that run. */
#include "unit.h"

#include "kallsyms.h"
#include "perfmap.h"

#include <unistd.h>

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

/* More text than is read at first, as with the names of many modules: the block grows, and what was
 * read moves with it. */
static void a_long_text(void **state)
{
	const char *path = "/tmp/sirqprof-test-kallsyms";
	const uint64_t base = 0xffffffff81000000;
	const uint32_t n = 400000; /* of 44 bytes */
	sp_auto(kallsyms) k = NULL;
	sp_auto(kallsyms) none = NULL;
	FILE *f = fopen(path, "we");
	char name[32];

	(void)state;
	assert_non_null(f);
	for (uint32_t i = 0; i < n; i++)
		assert_true(fprintf(f, "%016lx t a_function_numbered_%05u\n",
				    (unsigned long)(base + 16UL * i), i) > 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(kallsyms_load(&k, path, &err), 0);
	assert_int_equal(kallsyms_load_modules(&none, path, &err), 0);
	unlink(path);
	assert_int_equal(kallsyms_count(k), n);
	assert_int_equal(kallsyms_count(none), 0);
	for (uint32_t i = 0; i < n; i += 997) {
		snprintf(name, sizeof(name), "a_function_numbered_%05u", i);
		check_kernel(k, base + 16UL * i + 15, name, "[kernel.kallsyms]");
	}
}

/* What comes and goes, out of a text that is longer than the block that it is read into. */
static void modules_alone(void **state)
{
	const char *path = "/tmp/sirqprof-test-kallsyms-modules";
	const uint64_t base = 0xffffffff81000000, loaded = 0xffffffffc0000000;
	const uint32_t n = 90000;
	sp_auto(kallsyms) k = NULL;
	FILE *f = fopen(path, "we");
	char name[40];

	(void)state;
	assert_non_null(f);
	for (uint32_t i = 0; i < n; i++) {
		assert_true(fprintf(f, "%016lx t a_function_numbered_%05u\n",
				    (unsigned long)(base + 16UL * i), i) > 0);
		if (i % 30 == 0)
			assert_true(fprintf(f, "%016lx t of_a_module_%05u\t[mod%u]\n",
					    (unsigned long)(loaded + 16UL * i), i, i / 3000) > 0);
	}
	assert_int_equal(fclose(f), 0);
	/* The name of one module begins as that of another. */
	f = fopen(path, "ae");
	assert_non_null(f);
	fputs("ffffffffd0000000 t long_one\t[mod]long\nffffffffd0000100 t short_one\t[mod]\n"
	      "ffffffffd0000200 t long_two\t[mod]long\n",
	      f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(kallsyms_load_modules(&k, path, &err), 0);
	unlink(path);
	check_kernel(k, 0xffffffffd0000004, "long_one", "[mod]long");
	check_kernel(k, 0xffffffffd0000104, "short_one", "[mod]");
	check_kernel(k, 0xffffffffd0000204, "long_two", "[mod]long");
	assert_int_equal(kallsyms_count(k), n / 30 + 3);
	for (uint32_t i = 0; i < n; i += 30) {
		char module[16];

		snprintf(name, sizeof(name), "of_a_module_%05u", i);
		snprintf(module, sizeof(module), "[mod%u]", i / 3000);
		check_kernel(k, loaded + 16UL * i + 15, name, module);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernel_symbols),	cmocka_unit_test(hidden_kernel_symbols),
		cmocka_unit_test(empty_kernel_symbols), cmocka_unit_test(perf_map),
		cmocka_unit_test(maps_of_strangers),	cmocka_unit_test(a_long_text),
		cmocka_unit_test(modules_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
