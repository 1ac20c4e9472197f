#include "elfimage.h"

#include "elfsymtab.h"

#include <sirqprof/limits.h>

#include <gelf.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Segments, bytes of a build-id. */
#define MAX_SEGMENTS 4096U
/* 100,000 sections have objects compiled with -ffunction-sections, never what runs. */
#define MAX_SECTIONS	  65535U
#define MAX_SECTION_NAMES (16U << 20)
#define MAX_NOTE	  (1U << 20)
#define MAX_BUILD_ID	  ((ELFIMAGE_ID_LEN - 1) / 2)

static uint64_t section_end(Elf *elf, size_t index)
{
	Elf_Scn *scn = elf_getscn(elf, index);
	GElf_Shdr shdr;

	return scn && gelf_getshdr(scn, &shdr) ? shdr.sh_addr + shdr.sh_size : 0;
}

static uint64_t limit_of(void *self, uint16_t section)
{
	return section_end(self, section);
}

static bool is_strings(Elf *elf, size_t index, GElf_Shdr *ret)
{
	Elf_Scn *scn = elf_getscn(elf, index);

	return scn && gelf_getshdr(scn, ret) && ret->sh_type == SHT_STRTAB &&
	       !(ret->sh_flags & SHF_COMPRESSED);
}

/* Where they are libelf knows; it would keep the whole of them in memory, and their names. */
static void add_symbols(struct elfimage *image, Elf *elf, const struct elfbytes *from, bool apart,
			const GElf_Shdr *shdr)
{
	const char *ident = elf_getident(elf, NULL);
	struct elfsymtab tab = {
		.from = from,
		.off = shdr->sh_offset,
		.size = shdr->sh_size,
		.entry = shdr->sh_entsize,
		.limit = limit_of,
		.self = elf,
		.strings = (uint8_t)image->nstrings,
	};
	struct elfstrings *strings = &image->strings[image->nstrings];
	GElf_Shdr names;

	if (!ident || image->nstrings == ELFSYMS_STRINGS || shdr->sh_flags & SHF_COMPRESSED ||
	    !is_strings(elf, shdr->sh_link, &names))
		return;
	tab.narrow = ident[EI_CLASS] == ELFCLASS32;
	tab.big = ident[EI_DATA] == ELFDATA2MSB;
	elfstrings_init(strings, from, names.sh_offset, names.sh_size);
	strings->apart = apart;
	image->nstrings++;
	image->nread += elfsymtab_read(&tab, strings, &image->symbols);
}

static void read_debuglink(struct elfimage *image, Elf_Scn *scn)
{
	GElf_Shdr shdr;
	Elf_Data *data = gelf_getshdr(scn, &shdr) && shdr.sh_size <= MAX_NOTE
				 ? elf_getdata(scn, NULL)
				 : NULL;

	if (data && data->d_buf && memchr(data->d_buf, 0, data->d_size))
		snprintf(image->debuglink, sizeof(image->debuglink), "%s",
			 (const char *)data->d_buf);
}

/* What the section claims to become: SHF_COMPRESSED, or GNU's older ".zdebug_*" of "ZLIB" and 8
 * bytes, the first the highest. */
static uint64_t inflated_size(Elf_Scn *scn, const GElf_Shdr *shdr, const char *name)
{
	uint64_t size = 0;
	Elf_Data *data;
	GElf_Chdr head;

	if (shdr->sh_flags & SHF_COMPRESSED)
		return gelf_getchdr(scn, &head) ? head.ch_size : 0;
	if (!name || strncmp(name, ".zdebug", 7) != 0)
		return 0;
	data = elf_rawdata(scn, NULL);
	if (!data || !data->d_buf || data->d_size < 12 || memcmp(data->d_buf, "ZLIB", 4) != 0)
		return 0;
	for (int i = 4; i < 12; i++)
		size = size << 8 | ((const uint8_t *)data->d_buf)[i];
	return size;
}

static void read_sections(struct elfimage *image, Elf *elf, const struct elfbytes *from, bool apart)
{
	Elf_Scn *scn = NULL;
	size_t names = 0;
	GElf_Shdr shdr;

	elf_getshdrstrndx(elf, &names);
	while ((scn = elf_nextscn(elf, scn))) {
		const char *name;

		if (!gelf_getshdr(scn, &shdr))
			continue;
		image->has_symtab |= shdr.sh_type == SHT_SYMTAB;
		if (shdr.sh_type == SHT_SYMTAB || shdr.sh_type == SHT_DYNSYM)
			add_symbols(image, elf, from, apart, &shdr);
		if (shdr.sh_type != SHT_PROGBITS)
			continue;
		name = elf_strptr(elf, names, shdr.sh_name);
		if (name && strcmp(name, ".gnu_debuglink") == 0)
			read_debuglink(image, scn);
		if (name && strcmp(name, ".eh_frame") == 0) {
			image->eh_vaddr = shdr.sh_addr;
			image->eh_size = shdr.sh_size;
		}
	}
}

static void read_segments(struct elfimage *image, Elf *elf)
{
	size_t n = 0;
	GElf_Phdr ph;

	if (elf_getphdrnum(elf, &n) || n > MAX_SEGMENTS)
		return;
	image->segments = calloc(n + 1, sizeof(*image->segments));
	for (size_t i = 0; image->segments && i < n; i++) {
		if (!gelf_getphdr(elf, (int)i, &ph))
			continue;
		if (ph.p_filesz > UINT64_MAX - ph.p_offset || ph.p_filesz > UINT64_MAX - ph.p_vaddr)
			continue;
		if (ph.p_type == PT_LOAD)
			image->segments[image->nsegments++] =
				(struct elfsegment){ ph.p_offset, ph.p_filesz, ph.p_vaddr };
		if (ph.p_type == PT_GNU_EH_FRAME) {
			image->hdr_vaddr = ph.p_vaddr;
			image->hdr_size = ph.p_memsz;
		}
	}
}

static bool build_id_in(Elf_Data *data, char *hex)
{
	size_t at = 0, name_at, desc_at;
	GElf_Nhdr note;

	while (data && (at = gelf_getnote(data, at, &note, &name_at, &desc_at)) > 0) {
		const uint8_t *id = (const uint8_t *)data->d_buf + desc_at;

		if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != 4 ||
		    memcmp((char *)data->d_buf + name_at, "GNU", 4) != 0)
			continue;
		for (size_t i = 0; i < note.n_descsz && i < MAX_BUILD_ID; i++)
			snprintf(hex + 2 * i, 3, "%02x", id[i]);
		return true;
	}
	return false;
}

/* The GNU build-id (elf(5)), "" when there is none: among the note sections, which separate debug
 * files have too, else in the note segments. */
static void read_build_id(Elf *elf, char hex[ELFIMAGE_ID_LEN])
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	GElf_Phdr ph;
	size_t n = 0;

	hex[0] = 0;
	while ((scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_NOTE &&
		    shdr.sh_size <= MAX_NOTE && build_id_in(elf_getdata(scn, NULL), hex))
			return;
	if (elf_getphdrnum(elf, &n) || n > MAX_SEGMENTS)
		return;
	for (size_t i = 0; i < n; i++)
		if (gelf_getphdr(elf, (int)i, &ph) && ph.p_type == PT_NOTE &&
		    ph.p_filesz <= MAX_NOTE &&
		    build_id_in(elf_getdata_rawchunk(elf, (int64_t)ph.p_offset, ph.p_filesz,
						     ph.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR),
				hex))
			return;
}

/* Nothing when it cannot be read. */
static void read_at(const struct elfbytes *from, uint64_t off, void *to, size_t size)
{
	memset(to, 0, size);
	if (from->memory && off < from->size && size <= from->size - off)
		memcpy(to, from->memory + off, size);
	if (!from->memory && off <= INT64_MAX &&
	    pread(from->fd, to, size, (off_t)off) != (ssize_t)size)
		memset(to, 0, size);
}

static uint64_t number(const uint8_t *at, size_t size, bool big)
{
	uint64_t n = 0;

	for (size_t i = 0; i < size; i++)
		n = n << 8 | at[big ? i : size - 1 - i];
	return n;
}

/* libelf takes some 250 bytes a section as soon as it begins, and a file may claim any number: more
 * than 65,279 stand in the first one's size (elf(5), e_shnum). */
static bool few_sections(const struct elfbytes *from)
{
	uint8_t head[sizeof(Elf64_Ehdr)], first[sizeof(Elf64_Shdr)];
	uint64_t off;
	bool narrow, big;

	read_at(from, 0, head, sizeof(Elf32_Ehdr));
	narrow = head[EI_CLASS] == ELFCLASS32;
	big = head[EI_DATA] == ELFDATA2MSB;
	if (!narrow)
		read_at(from, 0, head, sizeof(Elf64_Ehdr));
	off = narrow ? number(head + offsetof(Elf32_Ehdr, e_shoff), 4, big)
		     : number(head + offsetof(Elf64_Ehdr, e_shoff), 8, big);
	if (!off ||
	    number(head + (narrow ? offsetof(Elf32_Ehdr, e_shnum) : offsetof(Elf64_Ehdr, e_shnum)),
		   2, big))
		return true;
	read_at(from, off, first, narrow ? sizeof(Elf32_Shdr) : sizeof(Elf64_Shdr));
	return (narrow ? number(first + offsetof(Elf32_Shdr, sh_size), 4, big)
		       : number(first + offsetof(Elf64_Shdr, sh_size), 8, big)) <= MAX_SECTIONS;
}

/* The names of sections are read whole. */
static bool short_names(Elf *elf)
{
	size_t names = 0;
	GElf_Shdr shdr;

	return elf_getshdrstrndx(elf, &names) || !gelf_getshdr(elf_getscn(elf, names), &shdr) ||
	       shdr.sh_size <= MAX_SECTION_NAMES;
}

static Elf *begin_bytes(const struct elfbytes *from)
{
	Elf *elf;

	if (!few_sections(from))
		return NULL;
	elf_version(EV_CURRENT);
	elf = from->memory ? elf_memory((char *)from->memory, from->size)
			   : elf_begin(from->fd, ELF_C_READ, NULL);
	if (elf && elf_kind(elf) == ELF_K_ELF && short_names(elf))
		return elf;
	elf_end(elf);
	return NULL;
}

static Elf *begin(int fd)
{
	return begin_bytes(&(struct elfbytes){ .fd = fd });
}

bool elfimage_id(int fd, char ret[ELFIMAGE_ID_LEN])
{
	Elf *elf = begin(fd);

	if (!elf)
		return false;
	read_build_id(elf, ret);
	elf_end(elf);
	return true;
}

bool elfimage_inflated(int fd, uint64_t *ret)
{
	Elf *elf = begin(fd);
	Elf_Scn *scn = NULL;
	uint64_t all = 0;
	size_t names = 0;
	GElf_Shdr shdr;

	if (!elf)
		return false;
	elf_getshdrstrndx(elf, &names);
	while ((scn = elf_nextscn(elf, scn))) {
		uint64_t size;

		/* libdw goes by names and flags, whatever the type. */
		if (!gelf_getshdr(scn, &shdr) || shdr.sh_type == SHT_NOBITS)
			continue;
		size = inflated_size(scn, &shdr, elf_strptr(elf, names, shdr.sh_name));
		all = size > UINT64_MAX - all ? UINT64_MAX : all + size;
	}
	elf_end(elf);
	*ret = all;
	return true;
}

bool elfimage_read(struct elfimage *ret, const struct elfbytes *from)
{
	Elf *elf = begin_bytes(from);

	*ret = (struct elfimage){ 0 };
	if (!elf)
		return false;
	read_build_id(elf, ret->build_id);
	read_segments(ret, elf);
	read_sections(ret, elf, from, false);
	elf_end(elf);
	return true;
}

bool elfimage_add_debug(struct elfimage *image, const struct elfbytes *from)
{
	Elf *elf = begin_bytes(from);
	char other[ELFIMAGE_ID_LEN];
	bool same = false;

	if (!elf)
		return false;
	read_build_id(elf, other);
	same = image->build_id[0] && strcmp(other, image->build_id) == 0;
	if (same)
		read_sections(image, elf, from, true);
	elf_end(elf);
	return same;
}

static struct elfsyms_look look(void *self, uint32_t strings, uint32_t name)
{
	return elfstrings_look(&((struct elfimage *)self)->strings[strings], name);
}

bool elfimage_named(struct elfimage *image, const char *name, uint64_t *ret)
{
	const struct elfsyms *s = &image->symbols;
	bool found = false;

	for (size_t i = 0; i < s->n; i++) {
		uint64_t start = elfsyms_start(s, &s->at[i]);

		if ((found && start >= *ret) ||
		    !elfstrings_is(&image->strings[s->at[i].strings], s->at[i].name, name))
			continue;
		*ret = start;
		found = true;
	}
	return found;
}

void elfimage_seal(struct elfimage *image)
{
	elfsyms_seal(&image->symbols, look, image);
	for (uint32_t i = 0; i < image->nstrings; i++)
		elfstrings_release(&image->strings[i]);
}

void elfimage_free(struct elfimage *image)
{
	for (uint32_t i = 0; i < image->nstrings; i++)
		elfstrings_release(&image->strings[i]);
	elfsyms_free(&image->symbols);
	free(image->segments);
	*image = (struct elfimage){ 0 };
}

bool elfimage_vaddr(const struct elfimage *image, uint64_t offset, uint64_t *ret)
{
	for (size_t i = 0; i < image->nsegments; i++) {
		const struct elfsegment *s = &image->segments[i];

		if (offset >= s->offset && offset - s->offset < s->filesz) {
			*ret = offset - s->offset + s->vaddr;
			return true;
		}
	}
	return false;
}

bool elfimage_offset(const struct elfimage *image, uint64_t vaddr, uint64_t size, uint64_t *ret)
{
	for (size_t i = 0; i < image->nsegments; i++) {
		const struct elfsegment *s = &image->segments[i];

		if (vaddr >= s->vaddr && vaddr - s->vaddr < s->filesz &&
		    size <= s->filesz - (vaddr - s->vaddr)) {
			*ret = vaddr - s->vaddr + s->offset;
			return true;
		}
	}
	return false;
}
