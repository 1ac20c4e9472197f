#include "elffile.h"

#include "dwfl.h"
#include "elfbytes.h"
#include "elfpath.h"
#include "elfsyms.h"

#include <sirqprof/limits.h>

#include <gelf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uthash.h>

/* Symbols kept of one file (libxul has a million), segments, bytes of a build-id. */
#define MAX_SYMBOLS  (4U << 20)
#define MAX_SEGMENTS 4096U
#define MAX_BUILD_ID 64
/* Files kept open, so that their bytes can be read while unwinding. */
#define MAX_OPEN 256U

struct segment {
	uint64_t offset, filesz, vaddr;
};

struct elffile {
	char *key, *path;
	enum elffile_state state;
	uint64_t in_vain; /* addresses asked for without a name */
	struct elfsyms symbols;
	struct segment *segments;
	size_t nsegments;
	uint64_t hdr_vaddr, hdr_size; /* .eh_frame_hdr */
	struct elfbytes bytes;
	struct dwfl_debug *debug;
	bool debug_tried;
	UT_hash_handle hh;
};

struct elffiles {
	struct elffile *by_key;
	bool live;
	uint32_t nopen;
};

int elffiles_new(struct elffiles **ret, struct sp_err *err)
{
	struct elffiles *f = calloc(1, sizeof(*f));

	if (!f)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for ELF files");
	elf_version(EV_CURRENT);
	*ret = f;
	return SP_OK;
}

void elffiles_set_live(struct elffiles *f, bool live)
{
	f->live = live;
}

static void free_file(struct elffile *file)
{
	elfbytes_close(&file->bytes);
	dwfl_debug_free(file->debug);
	elfsyms_free(&file->symbols);
	free(file->segments);
	free(file->key);
	free(file->path);
	free(file);
}

void elffiles_free(struct elffiles *f)
{
	struct elffile *file, *next;

	if (!f)
		return;
	HASH_ITER (hh, f->by_key, file, next) {
		HASH_DEL(f->by_key, file);
		free_file(file);
	}
	free(f);
}

static uint64_t section_end(Elf *elf, size_t index)
{
	Elf_Scn *scn = elf_getscn(elf, index);
	GElf_Shdr shdr;

	return scn && gelf_getshdr(scn, &shdr) ? shdr.sh_addr + shdr.sh_size : 0;
}

/* "memcpy@@GLIBC_2.14": the version is the linker's. */
static void add_symbol(struct elffile *file, Elf *elf, const GElf_Sym *sym, const char *name)
{
	const int type = GELF_ST_TYPE(sym->st_info), bind = GELF_ST_BIND(sym->st_info);
	char plain[SP_MAX_STRING];

	snprintf(plain, sizeof(plain), "%.*s", (int)strcspn(name, "@"), name);
	elfsyms_add(&file->symbols,
		    &(struct elfsym){
			    .start = sym->st_value,
			    .size = sym->st_size,
			    .limit = section_end(elf, sym->st_shndx),
			    .name = plain,
			    .rank = (uint8_t)(4 * (type != STT_NOTYPE) + 2 * (bind != STB_WEAK) +
					      (bind == STB_GLOBAL)),
		    });
}

static void add_symbols(struct elffile *file, Elf *elf, Elf_Scn *scn, const GElf_Shdr *shdr)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	size_t n = data && shdr->sh_entsize ? data->d_size / shdr->sh_entsize : 0;

	for (size_t i = 0; i < n && file->symbols.n < MAX_SYMBOLS; i++) {
		const char *name;
		GElf_Sym sym;
		int type;

		if (!gelf_getsym(data, (int)i, &sym) || sym.st_shndx == SHN_UNDEF || !sym.st_value)
			continue;
		type = GELF_ST_TYPE(sym.st_info);
		if (type != STT_FUNC && type != STT_GNU_IFUNC && type != STT_NOTYPE)
			continue;
		name = elf_strptr(elf, shdr->sh_link, sym.st_name);
		/* Labels without type or size are assembly's (_start) or the assembler's (.L). */
		if (!name || !*name || (type == STT_NOTYPE && (name[0] == '.' || name[0] == '$')))
			continue;
		add_symbol(file, elf, &sym, name);
	}
}

static void read_symbols(struct elffile *file, Elf *elf)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, &shdr) &&
		    (shdr.sh_type == SHT_SYMTAB || shdr.sh_type == SHT_DYNSYM))
			add_symbols(file, elf, scn, &shdr);
}

static void read_segments(struct elffile *file, Elf *elf)
{
	size_t n = 0;
	GElf_Phdr ph;

	if (elf_getphdrnum(elf, &n) || n > MAX_SEGMENTS)
		return;
	file->segments = calloc(n + 1, sizeof(*file->segments));
	for (size_t i = 0; file->segments && i < n; i++) {
		if (!gelf_getphdr(elf, (int)i, &ph))
			continue;
		if (ph.p_type == PT_LOAD)
			file->segments[file->nsegments++] =
				(struct segment){ ph.p_offset, ph.p_filesz, ph.p_vaddr };
		if (ph.p_type == PT_GNU_EH_FRAME) {
			file->hdr_vaddr = ph.p_vaddr;
			file->hdr_size = ph.p_memsz;
		}
	}
}

static void hex_of(const uint8_t *id, ssize_t n, char *ret)
{
	*ret = 0;
	for (ssize_t i = 0; i < n && i < MAX_BUILD_ID; i++)
		snprintf(ret + 2 * i, 3, "%02x", id[i]);
}

static bool build_id_in(Elf_Data *data, char *hex)
{
	size_t at = 0, name_at, desc_at;
	GElf_Nhdr note;

	while (data && (at = gelf_getnote(data, at, &note, &name_at, &desc_at)) > 0)
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
		    memcmp((char *)data->d_buf + name_at, "GNU", 4) == 0) {
			hex_of((const uint8_t *)data->d_buf + desc_at, note.n_descsz, hex);
			return true;
		}
	return false;
}

/* The GNU build-id (elf(5)), "" when there is none: among the note sections, which separate debug
 * files have too, else in the note segments. */
static void build_id_of(Elf *elf, char hex[2 * MAX_BUILD_ID + 1])
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	GElf_Phdr ph;
	size_t n = 0;

	hex[0] = 0;
	while ((scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_NOTE &&
		    build_id_in(elf_getdata(scn, NULL), hex))
			return;
	if (elf_getphdrnum(elf, &n) || n > MAX_SEGMENTS)
		return;
	for (size_t i = 0; i < n; i++)
		if (gelf_getphdr(elf, (int)i, &ph) && ph.p_type == PT_NOTE &&
		    build_id_in(elf_getdata_rawchunk(elf, (int64_t)ph.p_offset, ph.p_filesz,
						     ph.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR),
				hex))
			return;
}

/* Distributions keep symbols apart, by build-id (gdb's "separate debug files"). */
static void read_debug_file(struct elffile *file, Elf *elf)
{
	char hex[2 * MAX_BUILD_ID + 1], other[2 * MAX_BUILD_ID + 1], path[256];
	struct sp_mapping at = { .path = path };
	Elf *debug;
	int fd;

	build_id_of(elf, hex);
	if (strlen(hex) < 6)
		return;
	snprintf(path, sizeof(path), "/usr/lib/debug/.build-id/%.2s/%s.debug", hex, hex + 2);
	fd = elfpath_open(ELFPATH_HERE, &at, false);
	if (fd < 0)
		return;
	debug = elf_begin(fd, ELF_C_READ, NULL);
	if (debug && elf_kind(debug) == ELF_K_ELF) {
		build_id_of(debug, other);
		if (strcmp(hex, other) == 0)
			read_symbols(file, debug);
	}
	elf_end(debug);
	close(fd);
}

static void read_elf(struct elffile *file, Elf *elf)
{
	read_segments(file, elf);
	read_symbols(file, elf);
	read_debug_file(file, elf);
	elfsyms_seal(&file->symbols);
	file->state = file->symbols.n ? ELFFILE_FINE : ELFFILE_STRIPPED;
}

/* Keeps the file for its bytes, while there are descriptors to spare. */
static void keep_open(struct elffiles *f, struct elffile *file, int fd)
{
	if (f->nopen >= MAX_OPEN)
		close(fd);
	else if (elfbytes_open(&file->bytes, fd))
		f->nopen++;
}

static enum elffile_state fits(const struct elffiles *f, const struct sp_mapping *m, Elf *elf,
			       int fd, enum elfpath_try how)
{
	char hex[2 * MAX_BUILD_ID + 1];

	if (!elf || elf_kind(elf) != ELF_K_ELF)
		return ELFFILE_NOT_ELF;
	if (m->build_id[0]) {
		build_id_of(elf, hex);
		return strcmp(hex, m->build_id) == 0 ? ELFFILE_FINE : ELFFILE_OTHER;
	}
	if (how == ELFPATH_MAPPED)
		return ELFFILE_FINE;
	return f->live && elfpath_is_same(fd, m) ? ELFFILE_FINE : ELFFILE_OTHER;
}

/* Opens the best candidate; its state when there is none. */
static enum elffile_state open_best(const struct elffiles *f, const struct sp_mapping *m, Elf **ret,
				    int *ret_fd)
{
	enum elffile_state state = ELFFILE_MISSING, best = ELFFILE_MISSING;

	for (enum elfpath_try how = 0; how < ELFPATH_NR; how++) {
		int fd = elfpath_open(how, m, f->live);
		Elf *elf = fd >= 0 ? elf_begin(fd, ELF_C_READ, NULL) : NULL;

		if (fd < 0)
			continue;
		state = fits(f, m, elf, fd, how);
		if (state == ELFFILE_FINE) {
			*ret = elf;
			*ret_fd = fd;
			return ELFFILE_FINE;
		}
		best = state;
		elf_end(elf);
		close(fd);
	}
	return best;
}

/* The kernel maps the same vdso into us, if it is the same boot. */
static void load_vdso(struct elffiles *f, struct elffile *file)
{
	char *image = (char *)getauxval(AT_SYSINFO_EHDR); /* NOLINT(performance-no-int-to-ptr) */
	const GElf_Ehdr *head = (const void *)image;
	Elf *elf = NULL;

	file->state = ELFFILE_MISSING;
	if (image && f->live)
		elf = elf_memory(image, head->e_shoff + (size_t)head->e_shentsize * head->e_shnum);
	if (elf)
		read_elf(file, elf);
	elf_end(elf);
}

static struct elffile *new_file(struct elffiles *f, const char *key, const char *path)
{
	struct elffile *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	file->bytes = (struct elfbytes)ELFBYTES_INIT;
	file->key = strdup(key);
	file->path = strdup(path);
	if (!file->key || !file->path) {
		free_file(file);
		return NULL;
	}
	HASH_ADD_KEYPTR(hh, f->by_key, file->key, strlen(file->key), file);
	return file;
}

static struct elffile *known(struct elffiles *f, const char *key)
{
	struct elffile *file;

	HASH_FIND_STR(f->by_key, key, file);
	return file;
}

struct elffile *elffiles_get(struct elffiles *f, const struct sp_mapping *m)
{
	char key[SP_MAX_STRING + 128];
	struct elffile *file;
	enum elffile_state state;
	Elf *elf = NULL;
	struct stat st;
	int fd = -1;

	/* With a build-id the content is known; else the inode tells containers apart. */
	snprintf(key, sizeof(key), "id %s %s", m->build_id, m->path);
	if ((m->build_id[0] || m->path[0] != '/') && (file = known(f, key)))
		return file;
	state = m->path[0] == '/' ? open_best(f, m, &elf, &fd) : ELFFILE_MISSING;
	if (!m->build_id[0] && fd >= 0 && fstat(fd, &st) == 0)
		snprintf(key, sizeof(key), "ino %" PRIu64 " %" PRIu64 " %s", (uint64_t)st.st_dev,
			 (uint64_t)st.st_ino, m->path);
	else if (!m->build_id[0])
		snprintf(key, sizeof(key), "%d %s", (int)state, m->path);
	file = known(f, key);
	if (!file) {
		file = new_file(f, key, m->path);
		if (file && elf) {
			read_elf(file, elf);
			keep_open(f, file, fd);
			fd = -1;
		} else if (file && strcmp(m->path, "[vdso]") == 0) {
			load_vdso(f, file);
		} else if (file) {
			file->state = state;
		}
	}
	elf_end(elf);
	if (fd >= 0)
		close(fd);
	return file;
}

bool elffile_vaddr(const struct elffile *file, uint64_t off, uint64_t *ret)
{
	for (size_t i = 0; i < file->nsegments; i++) {
		const struct segment *s = &file->segments[i];

		if (off >= s->offset && off - s->offset < s->filesz) {
			*ret = off - s->offset + s->vaddr;
			return true;
		}
	}
	return false;
}

/* Debug information is looked for once, when it is first asked for. */
static struct dwfl_debug *debug_of(struct elffile *file)
{
	if (!file->debug_tried && file->bytes.fd >= 0)
		file->debug = dwfl_debug_open(file->path, file->bytes.fd);
	file->debug_tried = true;
	return file->debug;
}

/* Makes the one frame of ret into those that debug information knows. */
static size_t add_detail(struct elffile *file, uint64_t vaddr, struct elffile_detail detail,
			 struct sp_frame *ret, size_t max)
{
	struct dwfl_debug *debug = debug_of(file);
	const struct sp_frame outer = ret[0];
	struct sp_frame *last;
	size_t n = debug ? dwfl_debug_frames(debug, vaddr, ret, max) : 0;

	if (!n) {
		ret[0] = outer;
		return 1;
	}
	last = &ret[n - 1];
	last->name = outer.name;
	last->offset = outer.offset;
	last->known = true;
	for (size_t i = 0; i < n; i++) {
		ret[i].module = outer.module;
		if (!detail.lines)
			ret[i].file = NULL;
	}
	if (!detail.inlines) {
		/* The innermost line is where the instruction is, whoever it was written for. */
		last->file = ret[0].file;
		last->line = ret[0].line;
		ret[0] = *last;
		n = 1;
	}
	return n;
}

size_t elffile_frames(struct elffile *file, uint64_t file_offset, struct elffile_detail detail,
		      struct sp_frame *ret, size_t max)
{
	const struct elfsym *s = NULL;
	uint64_t addr;

	if (elffile_vaddr(file, file_offset, &addr))
		s = elfsyms_find(&file->symbols, addr);
	if (!s || !max) {
		file->in_vain++;
		return 0;
	}
	ret->name = s->name;
	ret->offset = addr - s->start;
	ret->known = true;
	return detail.inlines || detail.lines ? add_detail(file, addr, detail, ret, max) : 1;
}

bool elffile_read(struct elffile *file, uint64_t vaddr, void *to, size_t size)
{
	for (size_t i = 0; i < file->nsegments; i++) {
		const struct segment *s = &file->segments[i];

		if (vaddr >= s->vaddr && vaddr - s->vaddr < s->filesz &&
		    size <= s->filesz - (vaddr - s->vaddr))
			return elfbytes_read(&file->bytes, vaddr - s->vaddr + s->offset, to, size);
	}
	return false;
}

bool elffile_eh_frame_hdr(const struct elffile *file, uint64_t *ret_vaddr, uint64_t *ret_size)
{
	*ret_vaddr = file->hdr_vaddr;
	*ret_size = file->hdr_size;
	return file->hdr_size > 0;
}

int elffiles_troubles(const struct elffiles *f, elffile_trouble *put, void *self,
		      struct sp_err *err)
{
	int rc = SP_OK;

	for (const struct elffile *file = f->by_key; !rc && file; file = file->hh.next)
		if (file->in_vain && file->state != ELFFILE_FINE)
			rc = put(self, file->path, file->state, file->in_vain, err);
	return rc;
}
