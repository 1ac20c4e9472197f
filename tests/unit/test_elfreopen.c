/* symbolize/elftables, elfdebug: files that are opened again are what they were, or give no name.
 */
#include "faketables.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* How a file is changed while its table is out of memory, and what becomes of its names. */
enum { HOLD, AWAY, LOST };
struct change {
	void (*make)(const char *path);
	bool kept; /* its descriptor */
	char id;
	int names;
};

static void nothing(const char *path)
{
	(void)path;
}

static void remove_it(const char *path)
{
	unlink(path);
}

static void other_names(const char *path)
{
	struct fakesym others[MANY];

	memcpy(others, many, sizeof(others));
	for (uint32_t i = 0; i < MANY; i++)
		others[i].name = names[MANY - 1 - i];
	fakeelf_write(path, &(struct fakeelf){ .syms = others, .n = MANY, .id = 7 });
}

/* As package managers do: there are both for a while. */
static void replace(const char *path)
{
	const char *new = in_tempdir("new");

	other_names(new);
	assert_int_equal(rename(new, path), 0);
}

static void link_it(const char *path)
{
	const char *other = in_tempdir("link");

	assert_int_equal(link(path, other), 0);
}

static void write_over(const char *path)
{
	other_names(path);
}

/* As cp -p and rsync --inplace do. */
static void write_over_and_hide_it(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	other_names(path);
	assert_int_equal(
		utimensat(AT_FDCWD, path, (struct timespec[2]){ st.st_atim, st.st_mtim }, 0), 0);
}

static void write_over_hide_and_link(const char *path)
{
	write_over_and_hide_it(path);
	link_it(path);
}

static void touch(const char *path)
{
	assert_int_equal(chmod(path, 0755), 0);
}

static void cut(const char *path)
{
	assert_int_equal(truncate(path, 200), 0);
}

static void after(const struct change *c, bool out)
{
	const char *path = make_many("changed", c->id), *was[3];
	struct elftable t;

	all.nopen = c->kept ? 0 : ELFTABLES_OPEN;
	load(&t, path);
	assert_int_equal(t.bytes.fd >= 0, c->kept);
	for (uint32_t i = 0; i < 3; i++) {
		is(&t, i);
		was[i] = ask(&t, i);
	}
	if (out) {
		struct elftable other;

		budget(1);
		load(&other, make_many("other", 0));
		elftable_free(&all, &other);
		assert_false(t.in);
	}
	/* Times of files move with the tick. */
	usleep(20000);
	c->make(path);
	/* One that was not asked for yet; then those that were, which stay what they were. */
	assert_int_equal(ask(&t, 5) != NULL, c->names == HOLD);
	assert_int_equal(t.away, c->names != HOLD);
	assert_int_equal(t.lost, c->names == LOST);
	for (uint32_t i = 0; i < 6; i++)
		if (c->names == HOLD || i < 3)
			is(&t, i);
		else
			assert_null(ask(&t, i));
	for (uint32_t i = 0; i < 3; i++)
		assert_ptr_equal(ask(&t, i), was[i]);
	assert_int_equal(t.in, c->names == HOLD || !out);
	forget(&t);
	assert_ptr_equal(ask(&t, 1), t.in ? was[1] : NULL);
	unlink(in_tempdir("link"));
	elftable_free(&all, &t);
	budget(ELFTABLES_MOST_BYTES);
	unlink(path);
	unlink(in_tempdir("other"));
}

static void files_that_change(void **state)
{
	static const struct change changes[] = {
		{ nothing, true, 0, HOLD },
		{ nothing, false, 0, HOLD },
		/* The one that is open stays what it was. */
		{ remove_it, true, 0, HOLD },
		{ remove_it, true, 9, HOLD },
		{ remove_it, false, 0, AWAY },
		{ replace, true, 0, HOLD },
		{ replace, false, 0, AWAY },
		{ replace, false, 7, AWAY },
		{ link_it, true, 0, HOLD },
		{ link_it, false, 9, HOLD },
		{ write_over, true, 0, LOST },
		{ write_over, false, 0, LOST },
		{ write_over_and_hide_it, true, 0, LOST },
		{ write_over_and_hide_it, false, 0, LOST },
		{ write_over_and_hide_it, true, 8, LOST },
		{ write_over_hide_and_link, true, 8, LOST },
		{ write_over_hide_and_link, false, 8, LOST },
		{ touch, true, 0, LOST },
		{ touch, true, 9, HOLD },
		{ touch, false, 9, HOLD },
		{ cut, true, 0, LOST },
		{ cut, false, 0, LOST },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		after(&changes[i], false);
		after(&changes[i], true);
	}
}

/* Symbols of a file apart from it. */
static void symbols_elsewhere(void **state)
{
	const struct fakesym dynamic = { .start = FAKEELF_AT, .size = 64, .name = "f0000" };
	const struct fakeelf e = { .syms = &dynamic, .n = 1, .id = 5, .link = "apart.debug" };
	const char *path, *debug, *was;
	struct elftable t, other;

	(void)state;
	for (int kept = 0; kept <= 1; kept++) {
		path = make("apart", &e);
		debug = make_many("apart.debug", 5);
		all.nopen = kept ? 0 : ELFTABLES_OPEN;
		load(&t, path);
		assert_int_equal(t.apart.fd, -1);
		assert_int_equal(all.nopen, kept ? 1 : ELFTABLES_OPEN);
		is(&t, 0);
		is(&t, 3);
		was = ask(&t, 3);
		budget(1);
		load(&other, make_many("other", 0));
		elftable_free(&all, &other);
		assert_false(t.in);
		is(&t, 4);
		assert_ptr_equal(ask(&t, 3), was);
		/* A program's descriptor is kept, for unwinding. */
		assert_int_equal(t.bytes.fd >= 0, kept);
		assert_int_equal(t.apart.fd, -1);
		/* Its names were there. */
		unlink(debug);
		assert_null(ask(&t, 7));
		assert_true(t.away && !t.lost);
		assert_ptr_equal(ask(&t, 3), was);
		elftable_free(&all, &t);
		/* Another's is not taken. */
		make_many("apart.debug", 6);
		load(&t, path);
		is(&t, 0);
		assert_null(ask(&t, 3));
		assert_false(t.lost);
		elftable_free(&all, &t);
		budget(ELFTABLES_MOST_BYTES);
		unlink(path);
		unlink(debug);
		unlink(in_tempdir("other"));
	}
}

/* Written over while it is read: what was asked for before, too, may be elsewhere in it now. */
static void symbols_elsewhere_that_change(void **state)
{
	const struct fakesym dynamic = { .start = FAKEELF_AT, .size = 64, .name = "f0000" };
	const struct fakeelf e = { .syms = &dynamic, .n = 1, .id = 7, .link = "apart.debug" };
	const char *debug = make_many("apart.debug", 7);
	struct elftable t, other;

	(void)state;
	load(&t, make("apart", &e));
	is(&t, 1);
	budget(1);
	load(&other, make_many("other", 0));
	elftable_free(&all, &other);
	forget(&t);
	t.apart.fd = open(debug, O_RDONLY | O_CLOEXEC);
	assert_true(t.apart.fd >= 0);
	usleep(20000);
	write_over(debug);
	assert_null(ask(&t, 1));
	assert_true(t.lost);
	assert_int_equal(t.apart.fd, -1);
	elftable_free(&all, &t);
	unlink(in_tempdir("apart"));
	unlink(debug);
	unlink(in_tempdir("other"));
}

/* What cannot be opened now can be later. */
static void no_descriptor_for_a_while(void **state)
{
	struct rlimit was, none;
	struct elftable t;
	const char *first;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	all.nopen = ELFTABLES_OPEN;
	load(&t, make_many("a", 0));
	first = ask(&t, 1);
	none = was;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_null(ask(&t, 2));
	assert_true(t.away && !t.lost && !t.other);
	assert_ptr_equal(ask(&t, 1), first);
	assert_false(t.away);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	is(&t, 2);
	assert_false(t.away);
	elftable_free(&all, &t);
	unlink(in_tempdir("a"));
}

/* As many stay free as are kept. */
static void few_descriptors(void **state)
{
	struct elftable t[8];
	struct rlimit was, few;
	int lowest, kept = 0;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	lowest = open("/dev/null", O_RDONLY | O_CLOEXEC);
	close(lowest);
	few = was;
	few.rlim_cur = (rlim_t)lowest + 11;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	make_many("a", 0);
	for (int i = 0; i < 8; i++) {
		load(&t[i], in_tempdir("a"));
		kept += t[i].bytes.fd >= 0;
	}
	assert_int_equal(kept, 5);
	for (int i = 0; i < 8; i++)
		is(&t[i], 1);
	for (int i = 0; i < 8; i++)
		elftable_free(&all, &t[i]);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	unlink(in_tempdir("a"));
}

/* It is opened by who asks, where who asked before is gone. */
static void by_a_process_that_lives(void **state)
{
	const char *path = make_many("a", 0);
	struct sp_mapping gone = { .path = path, .build_id = "" }, lives = gone;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct elftable t = { 0 };
	struct stat st;
	void *at;

	(void)state;
	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	/* Looking at what is mapped takes privileges. */
	if (geteuid() != 0) {
		close(fd);
		unlink(path);
		skip();
	}
	at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	assert_ptr_not_equal(at, MAP_FAILED);
	lives.pid = getpid();
	lives.start = (uintptr_t)at;
	lives.len = ((uint64_t)st.st_size + 4095) & ~4095ULL;
	/* A number that no process can have. */
	gone.pid = INT32_MAX;
	all.live = true;
	all.nopen = ELFTABLES_OPEN;
	assert_true(elftable_read(&all, &t, &gone, fd));
	is(&t, 1);
	replace(path);
	assert_null(ask(&t, 2));
	assert_true(t.away && t.other && !t.lost);
	elftable_asked(&t, &lives);
	is(&t, 2);
	/* And by it from then on. */
	elftable_asked(&t, &gone);
	is(&t, 3);
	munmap(at, (size_t)st.st_size);
	assert_null(ask(&t, 4));
	is(&t, 1);
	elftable_free(&all, &t);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files_that_change, begin, end),
		cmocka_unit_test_setup_teardown(symbols_elsewhere, begin, end),
		cmocka_unit_test_setup_teardown(symbols_elsewhere_that_change, begin, end),
		cmocka_unit_test_setup_teardown(no_descriptor_for_a_while, begin, end),
		cmocka_unit_test_setup_teardown(few_descriptors, begin, end),
		cmocka_unit_test_setup_teardown(by_a_process_that_lives, begin, end),
	};

	return cmocka_run_group_tests(tests, setup, tempdir_remove);
}
