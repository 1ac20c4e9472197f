/* symbolize/elfbytes, elfstrings, ehtable, elfpath: bytes of a file, a table of .eh_frame, the file
 * behind a mapping. */
#include "unit.h"

#include "ehtable.h"
#include "elfblocks.h"
#include "elfpath.h"
#include "elfstrings.h"
#include "fakebytes.h"
#include "tempdir.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#define SIZE 40000U /* more than a block, not a multiple of one */

/* A file of bytes that tell where they stand. */
static int file_of(const char *path, size_t size)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	for (size_t i = 0; i < size; i++) {
		uint8_t v = (uint8_t)(i * 31 >> 3);

		assert_int_equal(write(fd, &v, 1), 1);
	}
	return fd;
}

static struct elfblocks blocks;

/* As they are read at once, and by way of blocks. */
static void check_bytes(struct elfbytes *b, uint64_t off, size_t size, bool there)
{
	uint8_t *got = calloc(1, size ? size : 1), *lately = calloc(1, size ? size : 1);

	assert_non_null(got);
	assert_non_null(lately);
	assert_int_equal(elfbytes_read(b, off, got, size), there);
	assert_int_equal(elfblocks_read(&blocks, b, off, lately, size), there);
	for (size_t i = 0; there && i < size; i++) {
		assert_int_equal(got[i], (uint8_t)((off + i) * 31 >> 3));
		assert_int_equal(lately[i], got[i]);
	}
	free(got);
	free(lately);
}

static void check_all(struct elfbytes *b)
{
	check_bytes(b, 0, SIZE, true);
	check_bytes(b, 16383, 2, true);
	check_bytes(b, 16384, 16384, true);
	check_bytes(b, SIZE - 1, 1, true);
	check_bytes(b, SIZE, 0, true);
	check_bytes(b, SIZE - 1, 2, false);
	check_bytes(b, SIZE + 1, 0, false);
	check_bytes(b, UINT64_MAX, 1, false);
	check_bytes(b, 1, SIZE, false);
}

static void bytes_of_a_file_and_of_memory(void **state)
{
	const char *path = in_tempdir("bytes");
	struct elfbytes b = ELFBYTES_INIT;
	static uint8_t memory[SIZE];

	(void)state;
	check_bytes(&b, 0, 0, false);
	elfbytes_close(&b);
	assert_true(elfbytes_open(&b, file_of(path, SIZE)));
	check_all(&b);
	check_all(&b);
	elfblocks_clear(&blocks);
	elfbytes_close(&b);
	assert_int_equal(b.fd, -1);
	check_bytes(&b, 0, 1, false);
	for (size_t i = 0; i < SIZE; i++)
		memory[i] = (uint8_t)(i * 31 >> 3);
	elfbytes_memory(&b, memory, SIZE);
	check_all(&b);
	elfbytes_close(&b);
	unlink(path);
}

/* Both take the descriptor over. */
static void no_bytes_of_nothing(void **state)
{
	const char *path = in_tempdir("empty");
	int fd = file_of(path, 0);
	struct elfbytes b;

	(void)state;
	assert_false(elfbytes_open(&b, fd));
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_false(elfbytes_open(&b, -1));
	elfbytes_close(&b);
	unlink(path);
}

static void a_file_that_is_cut_meanwhile(void **state)
{
	const char *path = in_tempdir("cut");
	struct elfbytes b;
	uint8_t got[16];

	(void)state;
	assert_true(elfbytes_open(&b, file_of(path, SIZE)));
	check_bytes(&b, 0, 16, true);
	assert_int_equal(truncate(path, 20000), 0);
	/* What was read lately stays, what was not is not there: nobody is killed. */
	assert_true(elfblocks_read(&blocks, &b, 0, got, sizeof(got)));
	assert_false(elfblocks_read(&blocks, &b, 20000, got, sizeof(got)));
	assert_false(elfbytes_read(&b, 20000, got, sizeof(got)));
	elfblocks_clear(&blocks);
	elfbytes_close(&b);
	unlink(path);
}

/* What was not read is no name, however often it is asked for. */
static void names_of_a_file_that_is_cut_meanwhile(void **state)
{
	const char *path = in_tempdir("cut");
	struct elfstrings s;
	struct elfbytes b;
	int fd = file_of(path, SIZE);

	(void)state;
	assert_int_equal(pwrite(fd, "", 1, SIZE - 1), 1);
	assert_true(elfbytes_open(&b, fd));
	elfstrings_init(&s, &b, 0, SIZE);
	assert_int_equal(elfstrings_first(&s, 100), (uint8_t)(100 * 31 >> 3));
	assert_int_equal(truncate(path, 20000), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(elfstrings_first(&s, 17000), -1);
	/* What was read lately stays. */
	assert_int_equal(elfstrings_first(&s, 100), (uint8_t)(100 * 31 >> 3));
	elfstrings_release(&s);
	elfbytes_close(&b);
	unlink(path);
}

/* More than are kept: each is still its own. */
static void blocks_of_many_files(void **state)
{
	static struct elfbytes files[64];
	char name[32];

	(void)state;
	for (uint32_t i = 0; i < 64; i++) {
		const char *path;
		uint8_t byte = (uint8_t)i;
		int fd;

		snprintf(name, sizeof(name), "many%u", i);
		path = in_tempdir(name);
		fd = file_of(path, 1);
		assert_int_equal(ftruncate(fd, 16 * ELFBLOCK_BYTES), 0);
		for (uint32_t k = 0; k < 16; k++)
			assert_int_equal(pwrite(fd, &byte, 1, k * ELFBLOCK_BYTES + k), 1);
		assert_true(elfbytes_open(&files[i], fd));
		unlink(path);
	}
	for (uint32_t n = 0; n < 20000; n++) {
		uint32_t i = n * 2654435761U >> 26, k = n % 16;
		uint8_t got[32];

		assert_true(
			elfblocks_read(&blocks, &files[i], k * ELFBLOCK_BYTES, got, sizeof(got)));
		for (uint32_t at = 0; at < sizeof(got); at++)
			assert_int_equal(got[at], at == k ? i : 0);
	}
	for (uint32_t i = 0; i < ELFBLOCKS; i++)
		assert_true(!blocks.at[i].of || blocks.at[i].bytes);
	elfblocks_clear(&blocks);
	for (uint32_t i = 0; i < 64; i++)
		elfbytes_close(&files[i]);
}

#define VADDR 0x10000ULL

/* A CIE of version 1: augmentation "zR", addresses by that encoding. */
static void cie(struct bytes *b, uint8_t encoding)
{
	bytes_u32(b, 16);
	bytes_u32(b, 0);
	bytes_u8(b, 1);
	bytes_text(b, "zR");
	bytes_u8(b, 1);	   /* code alignment */
	bytes_u8(b, 0x78); /* data alignment */
	bytes_u8(b, 16);   /* return address */
	bytes_u8(b, 1);
	bytes_u8(b, encoding);
	bytes_zero(b, 3);
}

/* An entry whose CIE stands at the begin; start by pcrel and 4 bytes. */
static void fde(struct bytes *b, uint64_t start)
{
	size_t at = b->len;

	bytes_u32(b, 16);
	bytes_u32(b, (uint32_t)(at + 4));
	bytes_u32(b, (uint32_t)(start - (VADDR + at + 8)));
	bytes_u32(b, 0x20);
	bytes_zero(b, 4);
}

static void entries_in_order(void **state)
{
	struct bytes b = { .swap = false };
	struct ehtable t;

	(void)state;
	cie(&b, 0x1b); /* pcrel, sdata4 */
	fde(&b, VADDR + 0x3000);
	fde(&b, VADDR - 0x1000);
	fde(&b, VADDR + 0x2000);
	bytes_u32(&b, 0);
	/* Behind the end nothing counts. */
	fde(&b, VADDR + 0x9000);
	assert_true(ehtable_build(&t, b.at, b.len, VADDR));
	assert_int_equal(t.n, 3);
	assert_int_equal(t.rows[0].start, -0x1000);
	assert_int_equal(t.rows[0].entry, 40);
	assert_int_equal(t.rows[1].start, 0x2000);
	assert_int_equal(t.rows[1].entry, 60);
	assert_int_equal(t.rows[2].start, 0x3000);
	assert_int_equal(t.rows[2].entry, 20);
	ehtable_free(&t);
	assert_null(t.rows);
	ehtable_free(&t);
}

static void addresses_as_they_are(void **state)
{
	struct bytes b = { .swap = false };
	struct ehtable t;

	(void)state;
	cie(&b, 0x00); /* absolute, 8 bytes */
	bytes_u32(&b, 20);
	bytes_u32(&b, 24);
	bytes_u64(&b, VADDR + 0x500);
	bytes_u64(&b, 0x20);
	/* Farther than the table can say. */
	bytes_u32(&b, 20);
	bytes_u32(&b, 48);
	bytes_u64(&b, VADDR + (1ULL << 40));
	bytes_u64(&b, 0x20);
	assert_true(ehtable_build(&t, b.at, b.len, VADDR));
	assert_int_equal(t.n, 1);
	assert_int_equal(t.rows[0].start, 0x500);
	ehtable_free(&t);
}

static void what_cannot_be_read(void **state)
{
	struct bytes b = { .swap = false }, good = { .swap = false };
	struct ehtable t;

	(void)state;
	assert_false(ehtable_build(&t, NULL, 0, VADDR));
	cie(&good, 0x1b);
	assert_false(ehtable_build(&t, good.at, good.len, VADDR));
	fde(&good, VADDR + 0x1000);
	/* An encoding that nobody knows; one relative to what is not here. */
	for (int encoding = 0x20; encoding <= 0x40; encoding += 0x10) {
		b.len = 0;
		cie(&b, (uint8_t)(encoding | 0x0b));
		fde(&b, VADDR + 0x1000);
		assert_false(ehtable_build(&t, b.at, b.len, VADDR));
	}
	/* A CIE before the section's begin. */
	b = good;
	b.at[24] = 0xff;
	assert_false(ehtable_build(&t, b.at, b.len, VADDR));
	for (size_t len = 0; len < good.len; len++) {
		uint8_t *at = bytes_cut(&good, len);

		assert_false(ehtable_build(&t, at, len, VADDR));
		free(at);
	}
}

static struct sp_mapping mapping(const char *path)
{
	return (struct sp_mapping){ .pid = getpid(), .path = path, .build_id = "" };
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static bool opens(enum elfpath_try how, const struct sp_mapping *m, bool live)
{
	int fd = elfpath_open(how, m, live);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void a_name_here_and_as_the_process_sees_it(void **state)
{
	const char *path = in_tempdir("file"), *fifo = in_tempdir("fifo");
	struct sp_mapping m = mapping(path), none = mapping("relative"), pipe = mapping(fifo);

	(void)state;
	assert_false(opens(ELFPATH_HERE, &m, false));
	close(file_of(path, 10));
	assert_true(opens(ELFPATH_HERE, &m, false));
	assert_true(opens(ELFPATH_ROOT, &m, true));
	/* Of another boot the process is another one. */
	assert_false(opens(ELFPATH_ROOT, &m, false));
	assert_false(opens(ELFPATH_MAPPED, &m, false));
	assert_false(opens(ELFPATH_HERE, &none, true));
	assert_false(opens(ELFPATH_NR, &m, true));
	/* No FIFO: it would wait for ever; no folder. */
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_false(opens(ELFPATH_HERE, &pipe, false));
	m = mapping(tempdir);
	assert_false(opens(ELFPATH_HERE, &m, false));
	unlink(fifo);
	unlink(path);
}

static void the_very_file_though_it_is_gone(void **state)
{
	const char *path = in_tempdir("mapped");
	int fd = file_of(path, 5000);
	void *at = mmap(NULL, 5000, PROT_READ, MAP_PRIVATE, fd, 0);
	struct sp_mapping m = mapping(path);

	(void)state;
	assert_ptr_not_equal(at, MAP_FAILED);
	close(fd);
	unlink(path);
	m.start = (uintptr_t)at;
	m.len = 8192;
	/* Looking there takes privileges. */
	if (geteuid() == 0)
		assert_true(opens(ELFPATH_MAPPED, &m, true));
	m.len = 4096;
	assert_false(opens(ELFPATH_MAPPED, &m, true));
	munmap(at, 5000);
}

static void perfs_copy_by_build_id(void **state)
{
	static const char *const folders[] = { ".debug", ".debug/.build-id", ".debug/.build-id/ab",
					       ".debug/.build-id/ab/cdef0123" };
	const char *path = in_tempdir(".debug/.build-id/ab/cdef0123/elf");
	struct sp_mapping m = mapping("/no/such/file");
	char home[200];

	(void)state;
	snprintf(home, sizeof(home), "%s", getenv("HOME") ? getenv("HOME") : "/");
	setenv("HOME", tempdir, 1);
	m.build_id = "abcdef0123";
	assert_false(opens(ELFPATH_CACHED, &m, false));
	for (int i = 0; i < 4; i++)
		assert_int_equal(mkdir(in_tempdir(folders[i]), 0700), 0);
	close(file_of(path, 10));
	assert_true(opens(ELFPATH_CACHED, &m, false));
	m.build_id = "abcde";
	assert_false(opens(ELFPATH_CACHED, &m, false));
	unlink(path);
	for (int i = 3; i >= 0; i--)
		assert_int_equal(rmdir(in_tempdir(folders[i])), 0);
	setenv("HOME", home, 1);
}

static void still_the_one_that_was_mapped(void **state)
{
	const char *path = in_tempdir("same");
	int fd = file_of(path, 10);
	struct sp_mapping m = mapping(path);
	struct stat st;

	(void)state;
	assert_int_equal(fstat(fd, &st), 0);
	m.time_ns = now_ns() + 1000000000;
	assert_true(elfpath_is_same(fd, &m));
	m.ino = st.st_ino;
	assert_true(elfpath_is_same(fd, &m));
	m.ino = st.st_ino + 1;
	assert_false(elfpath_is_same(fd, &m));
	/* Written after it was mapped. */
	m.ino = st.st_ino;
	m.time_ns = now_ns() - 10000000000;
	assert_false(elfpath_is_same(fd, &m));
	m.ino = 0;
	assert_false(elfpath_is_same(fd, &m));
	close(fd);
	assert_false(elfpath_is_same(fd, &m));
	unlink(path);
}

static void mappings_without_a_file(void **state)
{
	static const char *const anon[] = { "",		  "//anon",    "[heap]",      "[stack]",
					    "/memfd:jit", "[anon:v8]", "anon_inode:x" };
	static const char *const files[] = { "/bin/web", "[vdso]", "[vsyscall]", "/home/memfd:x" };

	(void)state;
	for (size_t i = 0; i < sizeof(anon) / sizeof(anon[0]); i++)
		assert_true(elfpath_is_anon(anon[i]));
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		assert_false(elfpath_is_anon(files[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_of_a_file_and_of_memory),
		cmocka_unit_test(no_bytes_of_nothing),
		cmocka_unit_test(a_file_that_is_cut_meanwhile),
		cmocka_unit_test(names_of_a_file_that_is_cut_meanwhile),
		cmocka_unit_test(blocks_of_many_files),
		cmocka_unit_test(entries_in_order),
		cmocka_unit_test(addresses_as_they_are),
		cmocka_unit_test(what_cannot_be_read),
		cmocka_unit_test(a_name_here_and_as_the_process_sees_it),
		cmocka_unit_test(the_very_file_though_it_is_gone),
		cmocka_unit_test(perfs_copy_by_build_id),
		cmocka_unit_test(still_the_one_that_was_mapped),
		cmocka_unit_test(mappings_without_a_file),
	};

	return cmocka_run_group_tests(tests, tempdir_make, tempdir_remove);
}
