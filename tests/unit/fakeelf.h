#ifndef FAKEELF_H
#define FAKEELF_H

/* An ELF file of nothing but symbols: of FAKEELF_TEXT bytes of code from FAKEELF_AT on. */
#include "unit.h"

#include <elf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FAKEELF_AT   0x100000ULL
#define FAKEELF_TEXT 0x8000000ULL

struct fakesym {
	uint64_t start, size;
	const char *name;
	uint8_t info; /* 0: a global function */
};

struct fakeelf {
	const struct fakesym *syms;
	size_t n;
	char id;	  /* the bytes of the build-id; 0 none */
	const char *link; /* where its symbols are, NULL none: then it has none itself but dynamic
			     ones */
};

static inline uint64_t fakeelf_put(FILE *f, const void *bytes, size_t n)
{
	uint64_t at;

	while (ftell(f) % 8)
		fputc(0, f);
	at = (uint64_t)ftell(f);
	if (n)
		assert_int_equal(fwrite(bytes, 1, n, f), n);
	return at;
}

static inline void fakeelf_symbols(FILE *f, const struct fakeelf *e, Elf64_Shdr *tab,
				   Elf64_Shdr *str)
{
	Elf64_Sym *syms = calloc(e->n + 1, sizeof(*syms));
	size_t size = 1;
	char *text;

	for (size_t i = 0; i < e->n; i++)
		size += strlen(e->syms[i].name) + 1;
	text = calloc(1, size);
	assert_true(syms && text);
	size = 1;
	for (size_t i = 0; i < e->n; i++) {
		const struct fakesym *s = &e->syms[i];

		syms[i + 1] = (Elf64_Sym){
			.st_name = (uint32_t)size,
			.st_info = s->info ? s->info : ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
			.st_shndx = 1,
			.st_value = s->start,
			.st_size = s->size,
		};
		strcpy(text + size, s->name);
		size += strlen(s->name) + 1;
	}
	*tab = (Elf64_Shdr){
		.sh_type = e->link ? SHT_DYNSYM : SHT_SYMTAB,
		.sh_offset = fakeelf_put(f, syms, (e->n + 1) * sizeof(*syms)),
		.sh_size = (e->n + 1) * sizeof(*syms),
		.sh_entsize = sizeof(*syms),
		.sh_link = 3,
		.sh_addralign = 8,
	};
	*str = (Elf64_Shdr){
		.sh_type = SHT_STRTAB,
		.sh_offset = fakeelf_put(f, text, size),
		.sh_size = size,
		.sh_addralign = 1,
	};
	free(syms);
	free(text);
}

static inline void fakeelf_note(FILE *f, char id, Elf64_Shdr *ret)
{
	struct {
		Elf64_Nhdr head;
		char name[4], id[20];
	} note = { { 4, 20, NT_GNU_BUILD_ID }, "GNU", { 0 } };

	memset(note.id, id, sizeof(note.id));
	*ret = (Elf64_Shdr){ .sh_type = SHT_NOTE,
			     .sh_offset = fakeelf_put(f, &note, sizeof(note)),
			     .sh_size = sizeof(note),
			     .sh_addralign = 4 };
}

/* Over what is there, in the same file. */
static inline void fakeelf_write(const char *path, const struct fakeelf *e)
{
	static const char names[] = "\0.gnu_debuglink";
	Elf64_Shdr sections[7] = { { 0 } };
	Elf64_Ehdr head = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 1,
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = 7,
		.e_shstrndx = 4,
	};
	const Elf64_Phdr load = { .p_type = PT_LOAD,
				  .p_flags = PF_R | PF_X,
				  .p_vaddr = FAKEELF_AT,
				  .p_filesz = FAKEELF_TEXT,
				  .p_memsz = FAKEELF_TEXT };
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	fakeelf_put(f, &head, sizeof(head));
	fakeelf_put(f, &load, sizeof(load));
	sections[1] = (Elf64_Shdr){ .sh_type = SHT_NOBITS,
				    .sh_flags = SHF_ALLOC | SHF_EXECINSTR,
				    .sh_addr = FAKEELF_AT,
				    .sh_size = FAKEELF_TEXT };
	fakeelf_symbols(f, e, &sections[2], &sections[3]);
	sections[4] = (Elf64_Shdr){ .sh_type = SHT_STRTAB,
				    .sh_offset = fakeelf_put(f, names, sizeof(names)),
				    .sh_size = sizeof(names),
				    .sh_addralign = 1 };
	if (e->id)
		fakeelf_note(f, e->id, &sections[5]);
	if (e->link)
		sections[6] = (Elf64_Shdr){
			.sh_name = 1,
			.sh_type = SHT_PROGBITS,
			.sh_offset = fakeelf_put(f, e->link, strlen(e->link) + 1),
			.sh_size = strlen(e->link) + 1,
			.sh_addralign = 1,
		};
	head.e_shoff = fakeelf_put(f, sections, sizeof(sections));
	rewind(f);
	fakeelf_put(f, &head, sizeof(head));
	assert_int_equal(fclose(f), 0);
}

#endif
