#include "elfsymtab.h"

#include <elf.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define PIECE 1024U /* symbols read at a time */

static bool is_foreign(const struct elfsymtab *tab)
{
	return tab->big != (__BYTE_ORDER == __BIG_ENDIAN);
}

static Elf64_Sym wide(const struct elfsymtab *tab, const uint8_t *at)
{
	Elf64_Sym s;

	memcpy(&s, at, sizeof(s));
	if (is_foreign(tab)) {
		s.st_name = __builtin_bswap32(s.st_name);
		s.st_shndx = __builtin_bswap16(s.st_shndx);
		s.st_value = __builtin_bswap64(s.st_value);
		s.st_size = __builtin_bswap64(s.st_size);
	}
	return s;
}

static Elf64_Sym narrow(const struct elfsymtab *tab, const uint8_t *at)
{
	Elf32_Sym s;

	memcpy(&s, at, sizeof(s));
	if (is_foreign(tab)) {
		s.st_name = __builtin_bswap32(s.st_name);
		s.st_shndx = __builtin_bswap16(s.st_shndx);
		s.st_value = __builtin_bswap32(s.st_value);
		s.st_size = __builtin_bswap32(s.st_size);
	}
	return (Elf64_Sym){
		.st_name = s.st_name,
		.st_info = s.st_info,
		.st_other = s.st_other,
		.st_shndx = s.st_shndx,
		.st_value = s.st_value,
		.st_size = s.st_size,
	};
}

struct limit {
	int section; /* −1: of none yet */
	uint64_t at;
};

static void add(const struct elfsymtab *tab, const Elf64_Sym *sym, struct elfstrings *names,
		struct limit *limit, struct elfsyms *ret)
{
	const int type = ELF64_ST_TYPE(sym->st_info), bind = ELF64_ST_BIND(sym->st_info);
	int first;

	if (sym->st_shndx == SHN_UNDEF || !sym->st_value)
		return;
	if (type != STT_FUNC && type != STT_GNU_IFUNC && type != STT_NOTYPE)
		return;
	first = elfstrings_first(names, sym->st_name);
	/* Labels without type or size are assembly's (_start) or the assembler's (.L). */
	if (first <= 0 || first == '@' || (type == STT_NOTYPE && (first == '.' || first == '$')))
		return;
	if (!sym->st_size && sym->st_shndx != limit->section)
		*limit = (struct limit){ sym->st_shndx, tab->limit(tab->self, sym->st_shndx) };
	elfsyms_add(ret, &(struct elfsym_told){
				 .start = sym->st_value,
				 .size = sym->st_size,
				 .limit = limit->at,
				 .name = sym->st_name,
				 .strings = tab->strings,
				 .rank = (uint8_t)(4 * (type != STT_NOTYPE) +
						   2 * (bind != STB_WEAK) + (bind == STB_GLOBAL)),
			 });
}

uint64_t elfsymtab_read(const struct elfsymtab *tab, struct elfstrings *names, struct elfsyms *ret)
{
	const size_t entry = tab->narrow ? sizeof(Elf32_Sym) : sizeof(Elf64_Sym);
	const uint64_t inside = tab->from->size < tab->off ? 0 : tab->from->size - tab->off;
	/* Entries that make no symbol, undefined ones and data, are not many times the others. */
	const uint64_t most = 4ULL * ELFSYMS_MOST, all = tab->size / entry;
	const uint64_t n = all < most ? all : most;
	struct limit limit = { .section = -1 };
	uint64_t i = 0;
	uint8_t *piece = NULL;

	if (tab->entry != entry || tab->size > inside)
		return 0;
	elfsyms_expect(ret, n < ELFSYMS_MOST - ret->n ? n : ELFSYMS_MOST - ret->n);
	piece = malloc(PIECE * entry);
	while (piece && i < n && ret->n < ELFSYMS_MOST) {
		const size_t many = n - i < PIECE ? (size_t)(n - i) : PIECE;

		if (!elfbytes_read(tab->from, tab->off + i * entry, piece, many * entry))
			break;
		for (size_t k = 0; k < many; k++) {
			const uint8_t *at = piece + k * entry;
			const Elf64_Sym sym = tab->narrow ? narrow(tab, at) : wide(tab, at);

			add(tab, &sym, names, &limit, ret);
		}
		i += many;
	}
	free(piece);
	return i;
}
