/* symbolize/kranges and ahead: symbols that the kernel made while it ran; kernel symbols read in a
 * thread. */
#include "unit.h"

#include "ahead.h"
#include "kranges.h"
#include "tempdir.h"

static struct texts *texts;

static int teardown(void **state)
{
	texts_free(texts);
	return tempdir_remove(state);
}

static struct kranges *kranges(void)
{
	struct sp_err err = SP_ERR_INIT;
	struct kranges *k = NULL;

	if (!texts)
		assert_int_equal(texts_new(&texts, 5 << 20, &err), 0);
	assert_int_equal(kranges_new(&k, texts, &err), 0);
	return k;
}

static void add(struct kranges *k, uint64_t start, uint64_t len, const char *name)
{
	struct sp_err err = SP_ERR_INIT;

	assert_int_equal(kranges_add(k, start, len, name, "[bpf]", &err), 0);
}

static void is(const struct kranges *k, uint64_t addr, const char *name)
{
	struct ksymbol s = { 0 };

	if (!name) {
		assert_false(kranges_find(k, addr, &s));
		return;
	}
	assert_true(kranges_find(k, addr, &s));
	assert_string_equal(s.name, name);
	assert_string_equal(s.module, "[bpf]");
}

static void exact_lengths(void **state)
{
	sp_auto(kranges) k = kranges();
	struct ksymbol s;

	(void)state;
	is(k, 0x1000, NULL);
	add(k, 0x2000, 0x100, "b");
	add(k, 0x1000, 0x100, "a");
	is(k, 0xfff, NULL);
	is(k, 0x1000, "a");
	is(k, 0x10ff, "a");
	is(k, 0x1100, NULL);
	is(k, 0x20ff, "b");
	is(k, 0x2100, NULL);
	assert_true(kranges_find(k, 0x10f0, &s));
	assert_int_equal(s.start, 0x1000);
}

/* What is no range, or goes round the end of all addresses. */
static void lengths_that_cannot_be(void **state)
{
	sp_auto(kranges) k = kranges();

	(void)state;
	add(k, 0x1000, 0, "empty");
	add(k, UINT64_MAX - 10, 100, "wraps");
	add(k, 0x1000, UINT64_MAX, "wraps");
	is(k, 0x1000, NULL);
	is(k, UINT64_MAX - 5, NULL);
	add(k, UINT64_MAX - 100, 100, "last");
	is(k, UINT64_MAX - 1, "last");
	is(k, UINT64_MAX, NULL);
}

static void a_later_one_takes_the_place(void **state)
{
	sp_auto(kranges) k = kranges();
	struct ksymbol before;

	(void)state;
	add(k, 0x1000, 0x100, "a");
	add(k, 0x1100, 0x100, "b");
	add(k, 0x1200, 0x100, "c");
	assert_true(kranges_find(k, 0x1100, &before));
	/* All that it overlaps goes whole, its neighbours stay. */
	add(k, 0x10ff, 0x102, "d");
	is(k, 0x1000, NULL);
	is(k, 0x10fe, NULL);
	is(k, 0x1100, "d");
	is(k, 0x1200, "d");
	is(k, 0x1201, NULL);
	add(k, 0x1201, 0xff, "e");
	is(k, 0x1200, "d");
	is(k, 0x1201, "e");
	/* Names that were given out live on. */
	assert_string_equal(before.name, "b");
	/* The same range by another name. */
	add(k, 0x1201, 0xff, "f");
	is(k, 0x1201, "f");
}

/* Told again is nothing new: it does not use up what is kept. */
static void told_again(void **state)
{
	sp_auto(kranges) k = kranges();
	struct ksymbol first, again;

	(void)state;
	add(k, 0x1000, 0x100, "a");
	assert_true(kranges_find(k, 0x1000, &first));
	for (uint32_t i = 0; i < KRANGES_MAX + 10; i++)
		add(k, 0x1000, 0x100, "a");
	assert_true(kranges_find(k, 0x1000, &again));
	assert_ptr_equal(first.name, again.name);
	add(k, 0x5000, 0x100, "z");
	is(k, 0x5000, "z");
}

static void no_more_than_are_kept(void **state)
{
	sp_auto(kranges) k = kranges();
	char name[32];

	(void)state;
	for (uint64_t i = 0; i < KRANGES_MAX + 3; i++) {
		snprintf(name, sizeof(name), "p%u", (unsigned int)i);
		add(k, (i + 1) * 16, 16, name);
	}
	is(k, KRANGES_MAX * 16ULL, "p65535");
	is(k, (KRANGES_MAX + 1) * 16ULL, NULL);
	is(k, 16, "p0");
}

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void symbols_read_ahead(void **state)
{
	const char *path = in_tempdir("kallsyms");
	char copy[64];
	struct ksymbol s;
	struct kallsyms *k;
	struct ahead *a;

	(void)state;
	write_text(path, "ffffffff81000000 T _stext\nffffffff81000100 t s_show\n");
	snprintf(copy, sizeof(copy), "%s", path);
	a = ahead_begin(copy);
	/* The path is its own from then on. */
	memset(copy, 'x', sizeof(copy) - 1);
	assert_non_null(a);
	k = ahead_take(a);
	assert_non_null(k);
	assert_true(kallsyms_find(k, 0xffffffff81000110, &s));
	assert_string_equal(s.name, "s_show");
	kallsyms_free(k);
	unlink(path);
}

static void what_cannot_be_read_is_none(void **state)
{
	(void)state;
	assert_null(ahead_take(ahead_begin(in_tempdir("no such file"))));
	assert_null(ahead_take(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact_lengths),
		cmocka_unit_test(lengths_that_cannot_be),
		cmocka_unit_test(a_later_one_takes_the_place),
		cmocka_unit_test(told_again),
		cmocka_unit_test(no_more_than_are_kept),
		cmocka_unit_test(symbols_read_ahead),
		cmocka_unit_test(what_cannot_be_read_is_none),
	};

	return cmocka_run_group_tests(tests, tempdir_make, teardown);
}
