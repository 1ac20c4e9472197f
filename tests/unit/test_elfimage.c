/* What compressed sections claim to become, before anything inflates them. */
#include "elfimage.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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
	struct file *f = malloc(sizeof(*f));
	struct elfimage image;
	uint64_t claim;

	assert_non_null(f);
	make(f, type, modern, old);
	assert_true(elfimage_read_memory(&image, f, sizeof(*f)));
	claim = image.inflated;
	elfimage_free(&image);
	free(f);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_forms_of_compression_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
