/* symbolize/elffile and dwfl: this program's own file, and files that are not the one mapped. */
#include "inlined.h"
#include "unit.h"

#include "dwfl.h"
#include "elffile.h"
#include "elfimage.h"
#include "tempdir.h"
#include "thatpid.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <time.h>

static struct sp_err err = SP_ERR_INIT;
static char exe[4096], exe_id[ELFIMAGE_ID_LEN];

__attribute__((noinline)) static int named_function(int x)
{
	__asm__ volatile("");
	return x + 1;
}

static int setup(void **state)
{
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	if (n <= 0 || fd < 0 || !elfimage_id(fd, exe_id))
		return -1;
	close(fd);
	return tempdir_make(state);
}

/* The file offset of an address of this program. */
static uint64_t offset_of(uint64_t addr)
{
	FILE *f = fopen("/proc/self/maps", "re");
	uint64_t start, end, off;
	char line[4500];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64, &start, &end, &off) != 3 ||
		    addr < start || addr >= end)
			continue;
		fclose(f);
		return addr - start + off;
	}
	fail();
	return 0;
}

static struct elffiles *files(bool live)
{
	struct elffiles *f = NULL;

	assert_int_equal(elffiles_new(&f, &err), 0);
	elffiles_set_live(f, live);
	return f;
}

static struct sp_mapping mapping(const char *path, const char *build_id)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (struct sp_mapping){ .pid = getpid(),
				    .time_ns = (uint64_t)t.tv_sec * 1000000000,
				    .path = path,
				    .build_id = build_id };
}

/* How many frames the function above has by that mapping. */
static size_t ask(struct elffiles *f, const struct sp_mapping *m, struct sp_frame *ret)
{
	struct elffile *file = elffiles_get(f, m);

	assert_non_null(file);
	*ret = (struct sp_frame){ 0 };
	return elffile_frames(file, offset_of((uintptr_t)named_function + 1),
			      (struct elffile_detail){ false, false }, ret, 1);
}

static void our_own_function(void **state)
{
	struct elffiles *f = files(true);
	struct sp_mapping m = mapping(exe, exe_id);
	struct sp_frame frame;

	(void)state;
	assert_int_equal(ask(f, &m, &frame), 1);
	assert_string_equal(frame.name, "named_function");
	assert_int_equal(frame.offset, 1);
	assert_true(frame.known);
	/* One object for one content. */
	assert_ptr_equal(elffiles_get(f, &m), elffiles_get(f, &m));
	/* No room for a frame; no such offset. */
	assert_int_equal(
		elffile_frames(elffiles_get(f, &m), 64, (struct elffile_detail){ 0 }, &frame, 0),
		0);
	assert_int_equal(elffile_frames(elffiles_get(f, &m), UINT64_MAX,
					(struct elffile_detail){ 0 }, &frame, 1),
			 0);
	elffiles_free(f);
}

static int see(void *self, const char *path, enum elffile_state why, uint64_t addresses,
	       struct sp_err *e)
{
	uint64_t *seen = self;

	(void)path;
	(void)e;
	seen[why] += addresses;
	return 0;
}

/* Unknown is better than wrong. */
static void what_is_not_the_one_mapped(void **state)
{
	const char *text = in_tempdir("text"), *gone = in_tempdir("gone");
	struct elffiles *f = files(true);
	struct sp_mapping other = mapping(exe, "0123456789abcdef"), old = mapping(exe, ""),
			  no_elf = mapping(text, ""), missing = mapping(gone, "");
	uint64_t seen[8] = { 0 };
	struct sp_frame frame;
	FILE *out = fopen(text, "we");

	(void)state;
	assert_non_null(out);
	fputs("no ELF file at all, but long enough to be looked at", out);
	fclose(out);
	assert_int_equal(ask(f, &other, &frame), 0);
	/* Changed since it was mapped. */
	old.time_ns = 1;
	assert_int_equal(ask(f, &old, &frame), 0);
	assert_int_equal(ask(f, &no_elf, &frame), 0);
	/* A place counts once. */
	assert_int_equal(ask(f, &missing, &frame), 0);
	assert_int_equal(ask(f, &missing, &frame), 0);
	assert_int_equal(elffiles_troubles(f, see, seen, &err), 0);
	assert_int_equal(seen[ELFFILE_OTHER], 2);
	assert_int_equal(seen[ELFFILE_NOT_ELF], 1);
	assert_int_equal(seen[ELFFILE_MISSING], 1);
	assert_int_equal(seen[ELFFILE_FINE], 0);
	elffiles_free(f);
	unlink(text);
}

static void copy(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
	ssize_t n;

	assert_true(in >= 0 && out >= 0);
	do {
		n = sendfile(out, in, NULL, 1 << 20);
		assert_true(n >= 0);
	} while (n > 0);
	close(in);
	close(out);
}

static pid_t dead_child(void)
{
	pid_t child = fork();

	if (!child)
		_exit(0);
	assert_true(child > 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	return child;
}

/* What is known of a process's path when it is gone holds neither for the next one of its number,
 * which has a root of its own, nor the other way round. */
static void the_number_of_one_that_is_gone(void **state)
{
	struct elffiles *f = files(true);
	const char *inside = in_tempdir("prog");
	struct sp_mapping m;
	struct sp_frame frame;
	pid_t pid = dead_child();

	(void)state;
	copy(exe, inside);
	m = mapping("/prog", "");
	m.time_ns += 2000000000;
	m.pid = pid;
	/* "/prog" is not here, but in the next one's root. */
	assert_int_equal(ask(f, &m, &frame), 0);
	if (!child_in_root(pid, tempdir)) {
		elffiles_free(f);
		unlink(inside);
		skip();
	}
	assert_int_equal(ask(f, &m, &frame), 1);
	assert_string_equal(frame.name, "named_function");
	end_child(pid);
	assert_int_equal(ask(f, &m, &frame), 0);
	elffiles_free(f);
	unlink(inside);
}

/* A file system gives the number of a file that was removed to the next one. */
static void the_inode_of_one_that_was_written_over(void **state)
{
	struct elffiles *f = files(true);
	const char *path = in_tempdir("built");
	struct sp_mapping m;
	struct sp_frame frame;

	(void)state;
	copy(exe, path);
	m = mapping(path, "");
	m.time_ns += 2000000000;
	assert_int_equal(ask(f, &m, &frame), 1);
	copy("/bin/sh", path);
	assert_int_equal(ask(f, &m, &frame), 0);
	elffiles_free(f);
	unlink(path);
}

/* A name is read when it is first asked for: by then the file may be another, and says so. */
static void written_over_while_it_is_asked(void **state)
{
	struct elffiles *f = files(true);
	const char *path = in_tempdir("asked");
	const struct elffile_detail none = { false, false };
	uint64_t seen[8] = { 0 };
	struct elffile *file;
	struct sp_mapping m;
	struct sp_frame frame;

	(void)state;
	copy(exe, path);
	m = mapping(path, "");
	m.time_ns += 2000000000;
	file = elffiles_get(f, &m);
	assert_int_equal(elffile_frames(file, offset_of((uintptr_t)setup), none, &frame, 1), 1);
	assert_string_equal(frame.name, "setup");
	copy("/bin/sh", path);
	assert_int_equal(
		elffile_frames(file, offset_of((uintptr_t)named_function), none, &frame, 1), 0);
	assert_int_equal(elffiles_troubles(f, see, seen, &err), 0);
	assert_int_equal(seen[ELFFILE_OTHER], 1);
	elffiles_free(f);
	unlink(path);
}

/* Leaves n descriptors. */
static void leave(rlim_t n)
{
	const int lowest = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct rlimit lim;

	close(lowest);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &lim), 0);
	lim.rlim_cur = (rlim_t)lowest + n;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &lim), 0);
}

/* One that is not kept open, and was removed: who still maps it shows it. */
static void that_only_its_processes_have(void **state)
{
	const struct elffile_detail none = { false, false };
	const uint64_t named = offset_of((uintptr_t)named_function);
	const uint64_t first = offset_of((uintptr_t)setup);
	const char *path = in_tempdir("removed");
	struct sp_mapping lives = mapping(path, exe_id), gone;
	struct elffiles *f = files(true);
	struct elffile *file;
	struct sp_frame frame;
	struct rlimit was;
	void *at;
	int fd;

	(void)state;
	copy(exe, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	at = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	assert_ptr_not_equal(at, MAP_FAILED);
	lives.start = (uintptr_t)at;
	lives.len = 4096;
	gone = lives;
	gone.pid = dead_child();
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	leave(1);
	file = elffiles_get(f, &gone);
	assert_int_equal(elffile_frames(file, first, none, &frame, 1), 1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	unlink(path);
	assert_int_equal(elffile_frames(file, named, none, &frame, 1), 0);
	assert_ptr_equal(elffiles_get(f, &lives), file);
	/* Looking at what is mapped takes privileges. */
	if (geteuid() == 0)
		assert_int_equal(elffile_frames(file, named, none, &frame, 1), 1);
	munmap(at, 4096);
	elffiles_free(f);
}

/* As where no descriptor was left for it: what it said it says again, and the rest later. */
static void that_cannot_be_opened_for_a_while(void **state)
{
	const struct elffile_detail none = { false, false };
	const struct sp_mapping m = mapping(exe, exe_id);
	const uint64_t named = offset_of((uintptr_t)named_function);
	const uint64_t first = offset_of((uintptr_t)setup);
	struct elffiles *f = files(true);
	struct rlimit was;
	uint64_t seen[8] = { 0 };
	struct elffile *file;
	struct sp_frame frame;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	leave(1);
	file = elffiles_get(f, &m);
	assert_int_equal(elffile_frames(file, first, none, &frame, 1), 1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 0, was.rlim_max }), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(elffile_frames(file, named, none, &frame, 1), 0);
	assert_int_equal(elffile_frames(file, first, none, &frame, 1), 1);
	assert_string_equal(frame.name, "setup");
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	assert_int_equal(elffiles_troubles(f, see, seen, &err), 0);
	assert_int_equal(seen[ELFFILE_MISSING], 1);
	assert_int_equal(seen[ELFFILE_OTHER], 0);
	assert_int_equal(elffile_frames(file, named, none, &frame, 1), 1);
	assert_string_equal(frame.name, "named_function");
	elffiles_free(f);
}

/* Without a build-id, of another boot, nothing is believed. */
static void of_another_machine(void **state)
{
	struct elffiles *f = files(false);
	struct sp_mapping no_id = mapping(exe, ""), id = mapping(exe, exe_id);
	struct sp_frame frame;

	(void)state;
	assert_int_equal(ask(f, &no_id, &frame), 0);
	if (exe_id[0])
		assert_int_equal(ask(f, &id, &frame), 1);
	elffiles_free(f);
}

static void bytes_at_virtual_addresses(void **state)
{
	struct elffiles *f = files(true);
	struct sp_mapping m = mapping(exe, exe_id);
	struct elffile *file = elffiles_get(f, &m);
	uint64_t vaddr = 0, size = 0;
	uint8_t got[16], hdr[4];

	(void)state;
	assert_true(elffile_vaddr(file, offset_of((uintptr_t)named_function), &vaddr));
	assert_true(elffile_read(file, vaddr, got, sizeof(got)));
	assert_memory_equal(got, (const void *)(uintptr_t)named_function, sizeof(got));
	assert_false(elffile_vaddr(file, UINT64_MAX, &vaddr));
	assert_false(elffile_read(file, UINT64_MAX - 4, got, sizeof(got)));
	/* A linked program has a search table: version 1. */
	assert_true(elffile_eh_frame_hdr(file, &vaddr, &size));
	assert_true(size >= 8);
	assert_true(elffile_read(file, vaddr, hdr, sizeof(hdr)));
	assert_int_equal(hdr[0], 1);
	/* And so one can be made of what it is about. */
	assert_non_null(elffile_eh_table(file, &vaddr));
	assert_true(elffile_eh_table(file, &vaddr)->n > 10);
	elffiles_free(f);
}

static void debug_information(void **state)
{
	struct elffiles *f = files(true);
	struct sp_mapping m = mapping(exe, exe_id);
	uint64_t vaddr = 0, at = outer_part() - 2;
	struct sp_frame frame[4] = { 0 };
	int fd = open(exe, O_RDONLY | O_CLOEXEC);
	struct dwfl_debug *d = dwfl_debug_open(exe, fd);

	(void)state;
	/* The descriptor stays ours. */
	assert_int_equal(close(fd), 0);
	assert_true(elffile_vaddr(elffiles_get(f, &m), offset_of(at), &vaddr));
	elffiles_free(f);
	if (!d)
		skip();
	if (dwfl_debug_frames(d, vaddr, frame, 4) != 2) {
		/* Built without. */
		dwfl_debug_free(d);
		skip();
	}
	assert_string_equal(frame[0].name, "inlined_part");
	assert_true(frame[0].inlined);
	assert_null(frame[1].name);
	assert_non_null(strstr(frame[1].file, "inlined.h"));
	assert_true(frame[1].line > frame[0].line);
	/* No room for the second; no room at all; nothing there. */
	assert_int_equal(dwfl_debug_frames(d, vaddr, frame, 1), 1);
	assert_int_equal(dwfl_debug_frames(d, vaddr, frame, 0), 0);
	assert_int_equal(dwfl_debug_frames(d, UINT64_MAX / 2, frame, 4), 0);
	for (int inlines = 0; inlines <= 1; inlines++) {
		for (int lines = 0; lines <= 1; lines++) {
			frame[0] = (struct sp_frame){
				.name = "outer", .module = "here", .offset = 7, .known = true
			};
			assert_int_equal(dwfl_debug_detail(d, vaddr, inlines, lines, frame, 4),
					 1 + inlines);
			/* The symbol table's name is the outermost; lines where they are wanted. */
			assert_string_equal(frame[inlines].name, "outer");
			assert_string_equal(frame[0].module, "here");
			assert_int_equal(frame[inlines].offset, 7);
			assert_int_equal(frame[0].file != NULL, lines);
		}
	}
	/* Where nothing is known the frame stays. */
	assert_int_equal(dwfl_debug_detail(d, UINT64_MAX / 2, true, true, frame, 4), 1);
	dwfl_debug_free(d);
	dwfl_debug_free(NULL);
}

static void no_debug_information(void **state)
{
	const char *path = in_tempdir("no-elf");
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	(void)state;
	assert_null(dwfl_debug_open(path, fd));
	assert_null(dwfl_debug_open(path, -1));
	assert_int_equal(close(fd), 0);
	assert_null(dwfl_debug_fetch(""));
	assert_null(dwfl_debug_fetch("not hex at all"));
	unlink(path);
}

static int count(void *self, const char *path, enum elffile_state why, uint64_t addresses,
		 struct sp_err *e)
{
	uint64_t *sums = self;

	(void)e;
	assert_int_equal(why, ELFFILE_MISSING);
	sums[0] += addresses;
	if (strcmp(path, "[too many files]") == 0)
		sums[1] += addresses;
	return SP_OK;
}

/* A recording may name a file for each address. */
static void too_many_files_are_one(void **state)
{
	struct elffiles *f = files(false);
	struct sp_mapping first = mapping("/none/0", ""), m;
	struct elffile *was = elffiles_get(f, &first), *rest = NULL;
	uint64_t sums[2] = { 0 };
	struct sp_frame frame;
	char path[32];

	(void)state;
	for (uint32_t i = 1; i < ELFFILE_MOST + 100; i++) {
		snprintf(path, sizeof(path), "/none/%u", i);
		m = mapping(path, i % 2 ? "ab" : "");
		assert_int_equal(ask(f, &m, &frame), 0);
		if (i == ELFFILE_MOST)
			rest = elffiles_get(f, &m);
		assert_true(i <= ELFFILE_MOST || elffiles_get(f, &m) == rest);
	}
	assert_true(was && was != rest && elffiles_get(f, &first) == was);
	assert_int_equal(elffiles_troubles(f, count, sums, &err), 0);
	assert_int_equal(sums[0], ELFFILE_MOST + 99);
	assert_int_equal(sums[1], 100);
	elffiles_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_own_function),
		cmocka_unit_test(too_many_files_are_one),
		cmocka_unit_test(what_is_not_the_one_mapped),
		cmocka_unit_test(the_number_of_one_that_is_gone),
		cmocka_unit_test(the_inode_of_one_that_was_written_over),
		cmocka_unit_test(written_over_while_it_is_asked),
		cmocka_unit_test(that_only_its_processes_have),
		cmocka_unit_test(that_cannot_be_opened_for_a_while),
		cmocka_unit_test(of_another_machine),
		cmocka_unit_test(bytes_at_virtual_addresses),
		cmocka_unit_test(debug_information),
		cmocka_unit_test(no_debug_information),
	};

	return named_function(cmocka_run_group_tests(tests, setup, tempdir_remove)) - 1;
}
