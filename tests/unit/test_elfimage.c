/* symbolize/elfimage: what compressed sections claim to become, before anything inflates them;
 * where a name is. */
#include "elfimage.h"

#include "dwfl.h"
#include "fakeelf.h"
#include "tempdir.h"
#include "unit.h"

#include <elf.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

static const char names[] = "\0.debug_info\0.zdebug_line\0.shstrtab";

/* A file of two compressed sections, one of each form, that claim these sizes. */
struct file {
	Elf64_Ehdr head;
	Elf64_Chdr modern;
	uint8_t modern_data[8];
	uint8_t old[16];
	char names[sizeof(names)];
	Elf64_Shdr sections[4] __attribute__((aligned(8)));
};

static void make(struct file *f, uint32_t type, uint64_t modern, uint64_t old)
{
	*f = (struct file){
		.head = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			  .e_type = ET_EXEC,
			  .e_machine = EM_X86_64,
			  .e_version = EV_CURRENT,
			  .e_shoff = offsetof(struct file, sections),
			  .e_ehsize = sizeof(Elf64_Ehdr),
			  .e_shentsize = sizeof(Elf64_Shdr),
			  .e_shnum = 4,
			  .e_shstrndx = 3 },
		.modern = { .ch_type = ELFCOMPRESS_ZLIB, .ch_size = modern, .ch_addralign = 1 },
		.old = { 'Z', 'L', 'I', 'B' },
		.sections = { { 0 },
			      { .sh_name = 1,
				.sh_type = type,
				.sh_flags = SHF_COMPRESSED,
				.sh_offset = offsetof(struct file, modern),
				.sh_size = sizeof(Elf64_Chdr) + 8,
				.sh_addralign = 8 },
			      { .sh_name = 13,
				.sh_type = type,
				.sh_offset = offsetof(struct file, old),
				.sh_size = 16,
				.sh_addralign = 1 },
			      { .sh_name = 26,
				.sh_type = SHT_STRTAB,
				.sh_offset = offsetof(struct file, names),
				.sh_size = sizeof(names),
				.sh_addralign = 1 } },
	};
	for (int i = 0; i < 8; i++)
		f->old[4 + i] = (uint8_t)(old >> (56 - 8 * i));
	memcpy(f->names, names, sizeof(names));
}

static uint64_t claimed(uint32_t type, uint64_t modern, uint64_t old)
{
	int fd = memfd_create("claims", MFD_CLOEXEC);
	uint64_t claim = 0;
	struct file f;

	make(&f, type, modern, old);
	assert_true(fd >= 0 && write(fd, &f, sizeof(f)) == (ssize_t)sizeof(f));
	assert_true(elfimage_inflated(fd, &claim));
	close(fd);
	return claim;
}

static void both_forms_of_compression_are_counted(void **state)
{
	/* Whatever they pretend to be: a processor's (MIPS keeps DWARF so), a system's. */
	static const uint32_t types[] = { SHT_PROGBITS, 0x7000001e, SHT_LOOS };

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		assert_int_equal(claimed(types[i], 0, 0), 0);
		assert_int_equal(claimed(types[i], 1000, 0), 1000);
		assert_int_equal(claimed(types[i], 0, 5ULL << 32), 5ULL << 32);
		assert_int_equal(claimed(types[i], 1ULL << 40, 3), (1ULL << 40) + 3);
		assert_int_equal(claimed(types[i], UINT64_MAX, UINT64_MAX), UINT64_MAX);
	}
	/* Nothing of it is in the file. */
	assert_int_equal(claimed(SHT_NOBITS, 1000, 1000), 0);
}

/* A program whose debug information is in the file "d.debug" beside it. */
struct linked {
	Elf64_Ehdr head;
	Elf64_Phdr load;
	char link[8];
	uint32_t crc;
	char names[24];
	Elf64_Shdr sections[3] __attribute__((aligned(8)));
};

/* As .gnu_debuglink has it (gdb's manual, "Separate Debug Files"). */
static uint32_t crc32_of(const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static void write_file(const char *path, const void *bytes, size_t n)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
	close(fd);
}

static bool is_refused(uint64_t modern, uint64_t limit)
{
	const char *path = in_tempdir("p"), *debug = in_tempdir("d.debug");
	struct linked p = {
		.head = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			  .e_type = ET_EXEC,
			  .e_machine = EM_X86_64,
			  .e_version = EV_CURRENT,
			  .e_phoff = offsetof(struct linked, load),
			  .e_shoff = offsetof(struct linked, sections),
			  .e_ehsize = sizeof(Elf64_Ehdr),
			  .e_phentsize = sizeof(Elf64_Phdr),
			  .e_phnum = 1,
			  .e_shentsize = sizeof(Elf64_Shdr),
			  .e_shnum = 3,
			  .e_shstrndx = 2 },
		.load = { .p_type = PT_LOAD,
			  .p_flags = PF_R | PF_X,
			  .p_vaddr = 0x1000,
			  .p_filesz = sizeof(struct linked),
			  .p_memsz = sizeof(struct linked),
			  .p_align = 0x1000 },
		.link = "d.debug",
		.names = "\0.gnu_debuglink\0.strs",
		.sections = { { 0 },
			      { .sh_name = 1,
				.sh_type = SHT_PROGBITS,
				.sh_offset = offsetof(struct linked, link),
				.sh_size = 12,
				.sh_addralign = 4 },
			      { .sh_name = 16,
				.sh_type = SHT_STRTAB,
				.sh_offset = offsetof(struct linked, names),
				.sh_size = 24,
				.sh_addralign = 1 } },
	};
	uint64_t inflated = 0;
	bool refused = false;
	struct file f;
	int fd;

	make(&f, SHT_PROGBITS, modern, 0);
	p.crc = crc32_of(&f, sizeof(f));
	write_file(debug, &f, sizeof(f));
	write_file(path, &p, sizeof(p));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	dwfl_debug_free(dwfl_debug_open_within(path, fd, limit, &inflated, &refused));
	assert_int_equal(inflated, refused ? 0 : modern);
	close(fd);
	unlink(path);
	unlink(debug);
	return refused;
}

static void a_separate_file_is_counted_too(void **state)
{
	(void)state;
	assert_false(is_refused(1000, 1000));
	assert_true(is_refused(1001, 1000));
	assert_true(is_refused(UINT64_MAX, 1ULL << 30));
}

static void the_lowest_address_of_a_name(void **state)
{
	const struct fakesym syms[] = {
		{ .start = FAKEELF_AT + 128, .size = 64, .name = "twice" },
		{ .start = FAKEELF_AT, .size = 64, .name = "once" },
		{ .start = FAKEELF_AT + 64, .size = 64, .name = "twice" },
		{ .start = FAKEELF_AT + 192, .size = 64, .name = "twice" },
	};
	const char *path = in_tempdir("named");
	struct elfimage image;
	struct elfbytes bytes;
	uint64_t at = 0;

	(void)state;
	fakeelf_write(path, &(struct fakeelf){ .syms = syms, .n = 4 });
	assert_true(elfbytes_open(&bytes, open(path, O_RDONLY | O_CLOEXEC)));
	assert_true(elfimage_read(&image, &bytes));
	assert_true(elfimage_named(&image, "twice", &at));
	assert_int_equal(at, FAKEELF_AT + 64);
	assert_true(elfimage_named(&image, "once", &at));
	assert_int_equal(at, FAKEELF_AT);
	assert_false(elfimage_named(&image, "never", &at));
	elfimage_free(&image);
	elfbytes_close(&bytes);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_forms_of_compression_are_counted),
		cmocka_unit_test(a_separate_file_is_counted_too),
		cmocka_unit_test(the_lowest_address_of_a_name),
	};

	return cmocka_run_group_tests(tests, tempdir_make, tempdir_remove);
}
