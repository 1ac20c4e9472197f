#include "elffile.h"

#include "dwfl.h"
#include "elfbytes.h"
#include "elffound.h"
#include "elfimage.h"
#include "elfpath.h"

#include <sirqprof/limits.h>

#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uthash.h>

/* Files kept open, so that their bytes can be read while unwinding. */
#define MAX_OPEN 256U
/* What compressed debug information of one file may become: libdw inflates it whole, and a file may
 * claim a thousand times its size. Chromium's has some GB, other programs' some hundred MB. */
#define MAX_INFLATED (1ULL << 30)
/* And of all files together. */
#define MAX_ALL_INFLATED (2 * MAX_INFLATED)
/* Below this a 64-bit kernel puts only the vdso of 32-bit programs. */
#define ABOVE_32_BITS (1ULL << 32)

struct elffile {
	char *key, *path;
	enum elffile_state state;
	uint64_t in_vain; /* addresses asked for without a name */
	struct elfimage image;
	struct elfbytes bytes;
	struct dwfl_debug *debug;
	bool debug_tried, eh_tried, refused;
	struct ehtable eh;
	uint64_t *inflated; /* of all files */
	UT_hash_handle hh;
};

struct elffiles {
	struct elffile *by_key;
	struct elffound found;
	bool live;
	uint32_t nopen;
	uint64_t inflated; /* what debug information that was read claims to be, of all files */
};

int elffiles_new(struct elffiles **ret, struct sp_err *err)
{
	struct elffiles *f = calloc(1, sizeof(*f));

	if (!f)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for ELF files");
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
	elfimage_free(&file->image);
	ehtable_free(&file->eh);
	free(file->key);
	free(file->path);
	free(file);
}

void elffiles_free(struct elffiles *f)
{
	struct elffile *file, *next;

	if (!f)
		return;
	elffound_free(&f->found);
	HASH_ITER (hh, f->by_key, file, next) {
		HASH_DEL(f->by_key, file);
		free_file(file);
	}
	free(f);
}

/* Distributions keep symbols apart: by build-id, or by the name that .gnu_debuglink has ("Separate
 * debug files" of gdb's manual). In a container its own come first. */
static bool add_debug_file(struct elffile *file, const struct sp_mapping *m, bool live,
			   const char *path)
{
	const struct sp_mapping at = { .pid = m->pid, .path = path };
	bool added = false;

	for (enum elfpath_try how = ELFPATH_ROOT; how <= ELFPATH_HERE && !added; how++) {
		int fd = elfpath_open(how, &at, live && m->pid > 0);

		if (fd < 0)
			continue;
		added = elfimage_add_debug(&file->image, fd);
		close(fd);
	}
	return added;
}

static void add_debug(struct elffile *file, const struct sp_mapping *m, bool live)
{
	const char *id = file->image.build_id, *link = file->image.debuglink;
	const int dir = (int)(strrchr(m->path, '/') ? strrchr(m->path, '/') - m->path : 0);
	char path[SP_MAX_STRING];

	if (strlen(id) < 6 || file->image.has_symtab)
		return;
	snprintf(path, sizeof(path), "/usr/lib/debug/.build-id/%.2s/%s.debug", id, id + 2);
	if (add_debug_file(file, m, live, path) || !link[0] || strchr(link, '/'))
		return;
	for (size_t i = 0; i < 3; i++) {
		int n = i == 0 ? snprintf(path, sizeof(path), "%.*s/%s", dir, m->path, link)
			: i == 1
				? snprintf(path, sizeof(path), "%.*s/.debug/%s", dir, m->path, link)
				: snprintf(path, sizeof(path), "/usr/lib/debug%.*s/%s", dir,
					   m->path, link);

		if (n < (int)sizeof(path) && add_debug_file(file, m, live, path))
			return;
	}
}

static void finish(struct elffile *file)
{
	elfsyms_seal(&file->image.symbols);
	file->state = file->image.symbols.n ? ELFFILE_FINE : ELFFILE_STRIPPED;
}

/* Keeps the file for its bytes, while there are descriptors to spare. */
static void keep_open(struct elffiles *f, struct elffile *file, int fd)
{
	if (f->nopen >= MAX_OPEN)
		close(fd);
	else if (elfbytes_open(&file->bytes, fd))
		f->nopen++;
}

static enum elffile_state fits(const struct elffiles *f, const struct sp_mapping *m, int fd,
			       enum elfpath_try how)
{
	char hex[ELFIMAGE_ID_LEN];

	if (!elfimage_id(fd, hex))
		return ELFFILE_NOT_ELF;
	if (m->build_id[0])
		return strcmp(hex, m->build_id) == 0 ? ELFFILE_FINE : ELFFILE_OTHER;
	if (how == ELFPATH_MAPPED)
		return ELFFILE_FINE;
	return f->live && elfpath_is_same(fd, m) ? ELFFILE_FINE : ELFFILE_OTHER;
}

/* Opens the best candidate; its state when there is none. */
static enum elffile_state open_best(const struct elffiles *f, const struct sp_mapping *m,
				    int *ret_fd)
{
	enum elffile_state state = ELFFILE_MISSING, best = ELFFILE_MISSING;

	for (enum elfpath_try how = 0; how < ELFPATH_NR; how++) {
		int fd = elfpath_open(how, m, f->live);

		if (fd < 0)
			continue;
		state = fits(f, m, fd, how);
		if (state == ELFFILE_FINE) {
			*ret_fd = fd;
			return ELFFILE_FINE;
		}
		best = state;
		close(fd);
	}
	return best;
}

/* The kernel maps the same vdso into us, if it is the same boot, and a 64-bit program. */
static void load_vdso(struct elffiles *f, struct elffile *file, const struct sp_mapping *m)
{
	char *image = (char *)getauxval(AT_SYSINFO_EHDR); /* NOLINT(performance-no-int-to-ptr) */
	const Elf64_Ehdr *head = (const void *)image;
	size_t size;

	file->state = ELFFILE_MISSING;
	if (!image || !f->live || m->start < ABOVE_32_BITS)
		return;
	size = head->e_shoff + (size_t)head->e_shentsize * head->e_shnum;
	if (elfimage_read_memory(&file->image, image, size)) {
		elfbytes_memory(&file->bytes, (const uint8_t *)image, size);
		finish(file);
	}
}

static struct elffile *new_file(struct elffiles *f, const char *key, const char *path)
{
	struct elffile *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	file->bytes = (struct elfbytes)ELFBYTES_INIT;
	file->inflated = &f->inflated;
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

/* The content decides which object it is: the build-id, else the inode, which tells containers
 * apart, as it was last written: numbers are given out again. fd: of the file, −1 none. */
static void key_of(char *key, size_t size, const struct sp_mapping *m, int fd,
		   enum elffile_state state)
{
	struct stat st;

	if (m->build_id[0] || m->path[0] != '/')
		snprintf(key, size, "id %s %s %d", m->build_id, m->path, m->start >= ABOVE_32_BITS);
	else if (fd >= 0 && fstat(fd, &st) == 0)
		snprintf(key, size, "ino %" PRIu64 " %" PRIu64 " %" PRId64 ".%09ld %s",
			 (uint64_t)st.st_dev, (uint64_t)st.st_ino, (int64_t)st.st_mtim.tv_sec,
			 st.st_mtim.tv_nsec, m->path);
	else
		snprintf(key, size, "%d %s", (int)state, m->path);
}

/* The one that stands for all that are too many. */
static struct elffile *rest_of(struct elffiles *f)
{
	struct elffile *file = known(f, "rest");

	if (!file)
		file = new_file(f, "rest", "[too many files]");
	if (file)
		file->state = ELFFILE_MISSING;
	return file;
}

static struct elffile *look_for(struct elffiles *f, const struct sp_mapping *m)
{
	char key[SP_MAX_STRING + 160];
	struct elffile *file;
	enum elffile_state state;
	int fd = -1;

	key_of(key, sizeof(key), m, -1, ELFFILE_MISSING);
	if ((m->build_id[0] || m->path[0] != '/') && (file = known(f, key)))
		return file;
	state = m->path[0] == '/' ? open_best(f, m, &fd) : ELFFILE_MISSING;
	key_of(key, sizeof(key), m, fd, state);
	file = known(f, key);
	if (!file && HASH_COUNT(f->by_key) >= ELFFILE_MOST)
		file = rest_of(f);
	if (!file) {
		file = new_file(f, key, m->path);
		if (file && fd >= 0 && elfimage_read(&file->image, fd)) {
			add_debug(file, m, f->live);
			finish(file);
			keep_open(f, file, fd);
			fd = -1;
		} else if (file && strcmp(m->path, "[vdso]") == 0) {
			load_vdso(f, file, m);
		} else if (file) {
			file->state = state;
		}
	}
	if (fd >= 0)
		close(fd);
	return file;
}

struct elffile *elffiles_get(struct elffiles *f, const struct sp_mapping *m)
{
	struct sp_mapping of_path = *m;
	struct elffile *file;

	/* What a build-id names is known by it; a process that lives shows its files itself. */
	if (m->build_id[0] || m->path[0] != '/' || (f->live && !elffound_gone(m->pid)))
		return look_for(f, m);
	/* What is noted is for all, so it comes from the host's own path alone: whoever has the
	 * number by now may be in a container. Elsewhere an inode means nothing. */
	of_path.pid = 0;
	of_path.ino = f->live ? m->ino : 0;
	file = elffound_get(&f->found, &of_path);
	if (file)
		return file;
	file = look_for(f, &of_path);
	if (file && (file->state == ELFFILE_MISSING || !f->live))
		elffound_note(&f->found, &of_path, 0, file);
	else if (file && (file->state == ELFFILE_FINE || file->state == ELFFILE_STRIPPED))
		elffound_note(&f->found, &of_path, m->time_ns, file);
	return file;
}

bool elffile_vaddr(const struct elffile *file, uint64_t file_offset, uint64_t *ret)
{
	return elfimage_vaddr(&file->image, file_offset, ret);
}

/* Debug information is looked for once, when it is first asked for. */
static struct dwfl_debug *debug_of(struct elffile *file)
{
	const uint64_t left = MAX_ALL_INFLATED - *file->inflated;
	uint64_t size = 0;

	if (!file->debug_tried && file->bytes.fd >= 0)
		file->debug = dwfl_debug_open_within(file->path, file->bytes.fd,
						     left < MAX_INFLATED ? left : MAX_INFLATED,
						     &size, &file->refused);
	if (file->debug)
		*file->inflated += size;
	file->debug_tried = true;
	return file->debug;
}

size_t elffile_frames(struct elffile *file, uint64_t file_offset, struct elffile_detail detail,
		      struct sp_frame *ret, size_t max)
{
	const struct elfsym *s = NULL;
	uint64_t addr;

	if (elffile_vaddr(file, file_offset, &addr))
		s = elfsyms_find(&file->image.symbols, addr);
	if (!s || !max) {
		file->in_vain++;
		return 0;
	}
	ret->name = s->name;
	ret->offset = addr - s->start;
	ret->known = true;
	if ((!detail.inlines && !detail.lines) || !debug_of(file))
		return 1;
	return dwfl_debug_detail(file->debug, addr, detail.inlines, detail.lines, ret, max);
}

bool elffile_read(struct elffile *file, uint64_t vaddr, void *to, size_t size)
{
	uint64_t off;

	return elfimage_offset(&file->image, vaddr, size, &off) &&
	       elfbytes_read(&file->bytes, off, to, size);
}

bool elffile_eh_frame_hdr(const struct elffile *file, uint64_t *ret_vaddr, uint64_t *ret_size)
{
	*ret_vaddr = file->image.hdr_vaddr;
	*ret_size = file->image.hdr_size;
	return file->image.hdr_size > 0;
}

const struct ehtable *elffile_eh_table(struct elffile *file, uint64_t *ret_vaddr)
{
	const size_t size = file->image.eh_size;
	uint8_t *bytes;

	if (!file->eh_tried && size && size <= EHTABLE_MAX_BYTES && (bytes = malloc(size))) {
		if (elffile_read(file, file->image.eh_vaddr, bytes, size))
			ehtable_build(&file->eh, bytes, size, file->image.eh_vaddr);
		free(bytes);
	}
	file->eh_tried = true;
	*ret_vaddr = file->image.eh_vaddr;
	return file->eh.n ? &file->eh : NULL;
}

int elffiles_troubles(const struct elffiles *f, elffile_trouble *put, void *self,
		      struct sp_err *err)
{
	int rc = SP_OK;

	for (const struct elffile *file = f->by_key; !rc && file; file = file->hh.next)
		if (file->in_vain && file->state != ELFFILE_FINE)
			rc = put(self, file->path, file->state, file->in_vain, err);
		else if (file->refused)
			rc = put(self, file->path, ELFFILE_REFUSED, 1, err);
	return rc;
}
