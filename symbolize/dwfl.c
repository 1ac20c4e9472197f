#include "dwfl.h"

#include "demangle.h"

#include <sirqprof/limits.h>

#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uthash.h>

/* Symbols kept of one file: libxul has a million. */
#define MAX_SYMBOLS (4U << 20)

struct symbol {
	uint64_t start, size;	/* virtual addresses of the file */
	char *name;		/* demangled when first asked for */
	bool nice;
};

struct segment {
	uint64_t offset, filesz, vaddr;
};

struct dwfl_file {
	char *key, *path, *build_id;
	int32_t pid;
	bool tried;
	struct symbol *at;
	size_t n;
	struct segment *segments;
	size_t nsegments;
	UT_hash_handle hh;
};

struct dwfl_files {
	struct dwfl_file *by_key;
};

int dwfl_files_new(struct dwfl_files **ret, struct sp_err *err)
{
	struct dwfl_files *f = calloc(1, sizeof(*f));

	if (!f)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for ELF files");
	elf_version(EV_CURRENT);
	*ret = f;
	return SP_OK;
}

static void free_file(struct dwfl_file *file)
{
	for (size_t i = 0; i < file->n; i++)
		free(file->at[i].name);
	free(file->at);
	free(file->segments);
	free(file->key);
	free(file->path);
	free(file->build_id);
	free(file);
}

void dwfl_files_free(struct dwfl_files *f)
{
	struct dwfl_file *file, *next;

	if (!f)
		return;
	HASH_ITER(hh, f->by_key, file, next) {
		HASH_DEL(f->by_key, file);
		free_file(file);
	}
	free(f);
}

struct dwfl_file *dwfl_files_get(struct dwfl_files *f, const char *path, const char *build_id,
				 int32_t pid)
{
	char key[SP_MAX_STRING + 64];
	struct dwfl_file *file;

	snprintf(key, sizeof(key), "%s %s", build_id, path);
	HASH_FIND_STR(f->by_key, key, file);
	if (file)
		return file;
	file = calloc(1, sizeof(*file));
	if (!file)
		return NULL;
	file->key = strdup(key);
	file->path = strdup(path);
	file->build_id = strdup(build_id);
	file->pid = pid;
	if (!file->key || !file->path || !file->build_id) {
		free_file(file);
		return NULL;
	}
	HASH_ADD_KEYPTR(hh, f->by_key, file->key, strlen(file->key), file);
	return file;
}

const char *dwfl_file_path(const struct dwfl_file *file)
{
	return file->path;
}

/* Only regular files: a recording may name a FIFO or a device. */
static int open_regular(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Inside a container the path means something else: the process' root first, while it lives. */
static int open_file(const struct dwfl_file *file)
{
	char path[SP_MAX_STRING + 64];
	int fd;

	if (file->path[0] != '/')
		return -1;
	snprintf(path, sizeof(path), "/proc/%" PRId32 "/root%s", file->pid, file->path);
	fd = open_regular(path);
	return fd >= 0 ? fd : open_regular(file->path);
}

static bool build_id_fits(const struct dwfl_file *file, Elf *elf)
{
	const void *id;
	ssize_t n = dwelf_elf_gnu_build_id(elf, &id);
	char hex[129] = "";

	if (!file->build_id[0])
		return true;	/* the record did not say: the path is all there is */
	for (ssize_t i = 0; i < n && i < 64; i++)
		snprintf(hex + 2 * i, 3, "%02x", ((const uint8_t *)id)[i]);
	return strcmp(hex, file->build_id) == 0;
}

static int by_start(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->size == y->size ? 0 : x->size > y->size ? -1 : 1;
}

static void add_symbols(struct dwfl_file *file, Elf *elf, Elf_Scn *scn, const GElf_Shdr *shdr)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	size_t n = data && shdr->sh_entsize ? data->d_size / shdr->sh_entsize : 0;
	struct symbol *at;

	if (!n || n > MAX_SYMBOLS || file->n + n > MAX_SYMBOLS)
		return;
	at = realloc(file->at, (file->n + n) * sizeof(*at));
	if (!at)
		return;
	file->at = at;
	for (size_t i = 0; i < n && i < INT32_MAX; i++) {
		const char *name;
		GElf_Sym sym;

		if (!gelf_getsym(data, (int)i, &sym) || sym.st_shndx == SHN_UNDEF || !sym.st_value)
			continue;
		if (GELF_ST_TYPE(sym.st_info) != STT_FUNC &&
		    GELF_ST_TYPE(sym.st_info) != STT_GNU_IFUNC)
			continue;
		name = elf_strptr(elf, shdr->sh_link, sym.st_name);
		if (!name || !*name)
			continue;
		file->at[file->n].start = sym.st_value;
		file->at[file->n].size = sym.st_size;
		file->at[file->n].nice = false;
		file->at[file->n].name = strndup(name, SP_MAX_STRING);
		file->n += file->at[file->n].name != NULL;
	}
}

static void read_segments(struct dwfl_file *file, Elf *elf)
{
	size_t n = 0;

	if (elf_getphdrnum(elf, &n) || n > 4096)
		return;
	file->segments = calloc(n + 1, sizeof(*file->segments));
	for (size_t i = 0; file->segments && i < n; i++) {
		GElf_Phdr ph;

		if (gelf_getphdr(elf, (int)i, &ph) && ph.p_type == PT_LOAD)
			file->segments[file->nsegments++] =
				(struct segment){ ph.p_offset, ph.p_filesz, ph.p_vaddr };
	}
}

static void read_elf(struct dwfl_file *file, Elf *elf)
{
	Elf_Scn *scn = NULL;

	read_segments(file, elf);
	while ((scn = elf_nextscn(elf, scn))) {
		GElf_Shdr shdr;

		if (gelf_getshdr(scn, &shdr) &&
		    (shdr.sh_type == SHT_SYMTAB || shdr.sh_type == SHT_DYNSYM))
			add_symbols(file, elf, scn, &shdr);
	}
}

/* Debian keeps symbols apart, by build-id (gdb's "separate debug files"). */
static void read_debug_file(struct dwfl_file *file, Elf *elf)
{
	const uint8_t *id;
	const void *bytes;
	ssize_t n = dwelf_elf_gnu_build_id(elf, &bytes);
	char path[256];
	size_t len;
	int fd;
	Elf *debug;

	if (n < 3 || n > 64)
		return;
	id = bytes;
	len = (size_t)snprintf(path, sizeof(path), "/usr/lib/debug/.build-id/%02x/", id[0]);
	for (ssize_t i = 1; i < n; i++)
		len += (size_t)snprintf(path + len, sizeof(path) - len, "%02x", id[i]);
	snprintf(path + len, sizeof(path) - len, ".debug");
	fd = open_regular(path);
	if (fd < 0)
		return;
	debug = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (debug) {
		size_t segments = file->nsegments;
		Elf_Scn *scn = NULL;
		GElf_Shdr shdr;

		(void)segments;
		while ((scn = elf_nextscn(debug, scn)))
			if (gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_SYMTAB)
				add_symbols(file, debug, scn, &shdr);
		elf_end(debug);
	}
	close(fd);
}

static void load(struct dwfl_file *file)
{
	int fd = open_file(file);
	Elf *elf;

	file->tried = true;
	if (fd < 0)
		return;
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (elf && elf_kind(elf) == ELF_K_ELF && build_id_fits(file, elf)) {
		read_elf(file, elf);
		read_debug_file(file, elf);
		if (file->n)
			qsort(file->at, file->n, sizeof(file->at[0]), by_start);
	}
	elf_end(elf);
	close(fd);
}

static bool to_vaddr(const struct dwfl_file *file, uint64_t off, uint64_t *ret)
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

bool dwfl_file_frame(struct dwfl_file *file, uint64_t file_offset, struct sp_frame *ret)
{
	size_t lo = 0, hi;
	struct symbol *s;
	uint64_t addr;

	if (!file->tried)
		load(file);
	if (!to_vaddr(file, file_offset, &addr))
		return false;
	hi = file->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (file->at[mid].start <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return false;
	s = &file->at[lo - 1];
	while (s > file->at && s[-1].start == s->start)
		s--;
	/* Sizes are told here: what lies behind a symbol's end is not its. */
	if (s->size ? addr - s->start >= s->size : addr != s->start)
		return false;
	if (!s->nice) {
		char *nice = demangle_name(s->name);

		s->nice = true;
		if (nice) {
			free(s->name);
			s->name = nice;
		}
	}
	ret->name = s->name;
	ret->offset = addr - s->start;
	ret->known = true;
	return true;
}
