#include "elffile.h"

#include "dwfl.h"
#include "elfblocks.h"
#include "elffound.h"
#include "elfpath.h"
#include "elftables.h"
#include "once.h"

#include <sirqprof/hash.h>
#include <sirqprof/limits.h>

#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uthash.h>

/* What compressed debug information of one file may become: libdw inflates it whole, and a file may
 * claim a thousand times its size. Chromium's has some GB, other programs' some hundred MB. */
#define MAX_INFLATED (1ULL << 30)
/* And of all files together. */
#define MAX_ALL_INFLATED (2 * MAX_INFLATED)
/* The key of the file that stands for all that are too many: no path, and no state. */
#define REST "rest"
/* Below this a 64-bit kernel puts only the vdso of 32-bit programs. */
#define ABOVE_32_BITS (1ULL << 32)

struct elffile {
	char *key, *path;
	enum elffile_state state;
	uint64_t in_vain; /* addresses asked for without a name */
	uint64_t away;	  /* of those without because it could not be opened again */
	struct elftable table;
	struct dwfl_debug *debug;
	bool debug_tried, eh_tried, refused;
	struct ehtable eh;
	struct elffiles *all;
	UT_hash_handle hh;
};

struct elffiles {
	struct elffile *by_key;
	struct elffound found;
	struct elftables tables;
	struct elfblocks blocks; /* for unwinding */
	struct once met;	 /* files and their places that have no name */
	uint64_t inflated; /* what debug information that was read claims to be, of all files */
};

int elffiles_new(struct elffiles **ret, struct sp_err *err)
{
	struct elffiles *f = calloc(1, sizeof(*f));

	if (!f)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for ELF files");
	elftables_init(&f->tables);
	*ret = f;
	return SP_OK;
}

void elffiles_set_live(struct elffiles *f, bool live)
{
	f->tables.live = live;
}

static void free_file(struct elffile *file)
{
	dwfl_debug_free(file->debug);
	elftable_free(&file->all->tables, &file->table);
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
	once_clear(&f->met);
	elfblocks_clear(&f->blocks);
	HASH_ITER (hh, f->by_key, file, next) {
		HASH_DEL(f->by_key, file);
		free_file(file);
	}
	elftables_free(&f->tables);
	free(f);
}

static enum elffile_state state_of(const struct elffile *file)
{
	return file->table.image.symbols.n ? ELFFILE_FINE : ELFFILE_STRIPPED;
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
	return f->tables.live && elfpath_is_same(fd, m) ? ELFFILE_FINE : ELFFILE_OTHER;
}

/* Opens the best candidate; its state when there is none. */
static enum elffile_state open_best(const struct elffiles *f, const struct sp_mapping *m,
				    int *ret_fd)
{
	enum elffile_state state = ELFFILE_MISSING, best = ELFFILE_MISSING;

	for (enum elfpath_try how = 0; how < ELFPATH_NR; how++) {
		int fd = elfpath_open(how, m, f->tables.live);

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
	if (!image || !f->tables.live || m->start < ABOVE_32_BITS)
		return;
	size = head->e_shoff + (size_t)head->e_shentsize * head->e_shnum;
	if (elftable_read_memory(&f->tables, &file->table, image, size))
		file->state = state_of(file);
}

static struct elffile *new_file(struct elffiles *f, const char *key, const char *path)
{
	struct elffile *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	file->table.bytes = file->table.apart = (struct elfbytes)ELFBYTES_INIT;
	file->all = f;
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
	struct elffile *file = known(f, REST);

	if (!file)
		file = new_file(f, REST, "[too many files]");
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
		if (file && fd >= 0) {
			file->state = elftable_read(&f->tables, &file->table, m, fd)
					      ? state_of(file)
					      : state;
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

static struct elffile *find_file(struct elffiles *f, const struct sp_mapping *m)
{
	struct sp_mapping of_path = *m;
	struct elffile *file;

	/* What a build-id names is known by it; a process that lives shows its files itself. */
	if (m->build_id[0] || m->path[0] != '/' || (f->tables.live && !elffound_gone(m->pid)))
		return look_for(f, m);
	/* What is noted is for all, so it comes from the host's own path alone: whoever has the
	 * number by now may be in a container. Elsewhere an inode means nothing. */
	of_path.pid = 0;
	of_path.ino = f->tables.live ? m->ino : 0;
	file = elffound_get(&f->found, &of_path);
	if (file)
		return file;
	file = look_for(f, &of_path);
	if (file && (file->state == ELFFILE_MISSING || !f->tables.live))
		elffound_note(&f->found, &of_path, 0, file);
	else if (file && (file->state == ELFFILE_FINE || file->state == ELFFILE_STRIPPED))
		elffound_note(&f->found, &of_path, m->time_ns, file);
	return file;
}

struct elffile *elffiles_get(struct elffiles *f, const struct sp_mapping *m)
{
	struct elffile *file = find_file(f, m);

	if (file)
		elftable_asked(&file->table, m);
	return file;
}

bool elffile_vaddr(const struct elffile *file, uint64_t file_offset, uint64_t *ret)
{
	return elfimage_vaddr(&file->table.image, file_offset, ret);
}

/* Debug information is looked for once, when it is first asked for. */
static struct dwfl_debug *debug_of(struct elffile *file)
{
	const uint64_t left = MAX_ALL_INFLATED - file->all->inflated;
	uint64_t size = 0;

	if (!file->debug_tried && file->table.bytes.fd >= 0)
		file->debug = dwfl_debug_open_within(file->path, file->table.bytes.fd,
						     left < MAX_INFLATED ? left : MAX_INFLATED,
						     &size, &file->refused);
	if (file->debug)
		file->all->inflated += size;
	file->debug_tried = true;
	return file->debug;
}

/* However many processes run the file, a place in it counts once; one of a file that stands for
 * others may be of each of them. */
static void note_vain(struct elffile *file, uint64_t file_offset, bool away)
{
	const struct {
		const struct elffile *file;
		uint64_t file_offset;
	} key = { file, file_offset };

	const bool is_new = strcmp(file->key, REST) == 0 ||
			    once_met(&file->all->met, sp_hash(&key, sizeof(key)));

	file->in_vain += is_new;
	file->away += is_new && away;
}

size_t elffile_frames(struct elffile *file, uint64_t file_offset, struct elffile_detail detail,
		      struct sp_frame *ret, size_t max)
{
	const char *name = NULL;
	uint64_t addr, start = 0;
	const bool inside = elffile_vaddr(file, file_offset, &addr);

	if (inside)
		name = elftable_find(&file->all->tables, &file->table, addr, &start);
	if (file->table.lost)
		file->state = ELFFILE_OTHER;
	if (!name || !max) {
		note_vain(file, file_offset, inside && file->table.away);
		return 0;
	}
	ret->name = name;
	ret->offset = addr - start;
	ret->known = true;
	if ((!detail.inlines && !detail.lines) || !debug_of(file))
		return 1;
	return dwfl_debug_detail(file->debug, addr, detail.inlines, detail.lines, ret, max);
}

bool elffile_read(struct elffile *file, uint64_t vaddr, void *to, size_t size)
{
	uint64_t off;

	return elfimage_offset(&file->table.image, vaddr, size, &off) &&
	       elfblocks_read(&file->all->blocks, &file->table.bytes, off, to, size);
}

bool elffile_eh_frame_hdr(const struct elffile *file, uint64_t *ret_vaddr, uint64_t *ret_size)
{
	*ret_vaddr = file->table.image.hdr_vaddr;
	*ret_size = file->table.image.hdr_size;
	return file->table.image.hdr_size > 0;
}

const struct ehtable *elffile_eh_table(struct elffile *file, uint64_t *ret_vaddr)
{
	const size_t size = file->table.image.eh_size;
	uint8_t *bytes;

	if (!file->eh_tried && size && size <= EHTABLE_MAX_BYTES && (bytes = malloc(size))) {
		if (elffile_read(file, file->table.image.eh_vaddr, bytes, size))
			ehtable_build(&file->eh, bytes, size, file->table.image.eh_vaddr);
		free(bytes);
	}
	file->eh_tried = true;
	*ret_vaddr = file->table.image.eh_vaddr;
	return file->eh.n ? &file->eh : NULL;
}

int elffiles_troubles(const struct elffiles *f, elffile_trouble *put, void *self,
		      struct sp_err *err)
{
	int rc = SP_OK;

	for (const struct elffile *file = f->by_key; !rc && file; file = file->hh.next)
		if (file->in_vain && file->state != ELFFILE_FINE)
			rc = put(self, file->path, file->state, file->in_vain, err);
		else if (file->away)
			rc = put(self, file->path,
				 file->table.other ? ELFFILE_OTHER : ELFFILE_MISSING, file->away,
				 err);
		else if (file->refused)
			rc = put(self, file->path, ELFFILE_REFUSED, 1, err);
	if (!rc && f->tables.unnamed)
		rc = put(self, "[too many names]", ELFFILE_MISSING, f->tables.unnamed, err);
	return rc;
}
