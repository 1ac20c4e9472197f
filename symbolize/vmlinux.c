#include "vmlinux.h"

#include "dwfl.h"
#include "elfpath.h"
#include "elftables.h"

#include <sirqprof/limits.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct vmlinux {
	char *given;
	char build_id[ELFIMAGE_ID_LEN], release[128];
	char symbol[64]; /* that was at address; "" unknown */
	uint64_t address;
	bool tried;
	enum elffile_state state;
	struct elftables tables; /* of one */
	struct elftable table;
	struct dwfl_debug *debug;
	uint64_t slide; /* how much higher it lay than it was linked */
};

int vmlinux_new(struct vmlinux **ret, const char *path, struct sp_err *err)
{
	sp_auto(vmlinux) v = calloc(1, sizeof(*v));

	if (v && path)
		v->given = strdup(path);
	if (!v || (path && !v->given))
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for vmlinux");
	elftables_init(&v->tables);
	v->table.bytes = v->table.apart = (struct elfbytes)ELFBYTES_INIT;
	*ret = sp_take(v);
	return SP_OK;
}

void vmlinux_free(struct vmlinux *v)
{
	if (!v)
		return;
	dwfl_debug_free(v->debug);
	elftable_free(&v->tables, &v->table);
	elftables_free(&v->tables);
	free(v->given);
	free(v);
}

void vmlinux_set_kernel(struct vmlinux *v, const char *build_id, const char *release)
{
	if (build_id && build_id[0])
		snprintf(v->build_id, sizeof(v->build_id), "%s", build_id);
	if (release && release[0])
		snprintf(v->release, sizeof(v->release), "%s", release);
}

void vmlinux_set_place(struct vmlinux *v, const char *symbol, uint64_t address)
{
	snprintf(v->symbol, sizeof(v->symbol), "%s", symbol);
	v->address = address;
}

/* The symbol may share its address with one that is shown in its place. */
static bool find_slide(struct vmlinux *v, int fd)
{
	struct elfimage image = { 0 };
	struct elfbytes bytes;
	uint64_t start;
	bool found;

	if (!elfbytes_open(&bytes, fcntl(fd, F_DUPFD_CLOEXEC, 0)))
		return false;
	found = elfimage_read(&image, &bytes) && elfimage_named(&image, v->symbol, &start);
	if (found)
		v->slide = v->address - start;
	elfimage_free(&image);
	elfbytes_close(&bytes);
	return found;
}

/* Takes the file if it is the kernel's. */
static bool take(struct vmlinux *v, const char *path)
{
	const struct sp_mapping at = { .path = path, .build_id = "" };
	int fd = elfpath_open(ELFPATH_HERE, &at, false);
	char id[ELFIMAGE_ID_LEN];

	if (fd < 0)
		return false;
	if (!elfimage_id(fd, id)) {
		v->state = ELFFILE_NOT_ELF;
	} else if (!v->build_id[0] || strcmp(id, v->build_id) != 0) {
		v->state = ELFFILE_OTHER;
	} else {
		v->state = ELFFILE_STRIPPED;
		if (find_slide(v, fd))
			v->debug = dwfl_debug_open(path, fd);
	}
	if (!v->debug) {
		close(fd);
		return false;
	}
	if (elftable_read(&v->tables, &v->table, &at, fd)) {
		v->state = ELFFILE_FINE;
		return true;
	}
	elftable_free(&v->tables, &v->table);
	dwfl_debug_free(v->debug);
	v->debug = NULL;
	return false;
}

/* Where distributions put it (perf's vmlinux_path and Fedora's, Debian's and SUSE's packages). */
static void find(struct vmlinux *v)
{
	static const char *const forms[] = {
		"/usr/lib/debug/boot/vmlinux-%s",
		"/usr/lib/debug/lib/modules/%s/vmlinux",
		"/usr/lib/debug/usr/lib/modules/%s/vmlinux",
		"/usr/lib/debug/boot/vmlinux-%s.debug",
		"/boot/vmlinux-%s",
		"/lib/modules/%s/build/vmlinux",
	};
	char path[SP_MAX_STRING], *found;

	v->tried = true;
	v->state = ELFFILE_MISSING;
	if (v->given) {
		take(v, v->given);
		return;
	}
	if (strlen(v->build_id) < 6)
		return;
	snprintf(path, sizeof(path), "/usr/lib/debug/.build-id/%.2s/%s.debug", v->build_id,
		 v->build_id + 2);
	if (take(v, path))
		return;
	for (size_t i = 0; v->release[0] && i < sizeof(forms) / sizeof(forms[0]); i++) {
		const char *at = strstr(forms[i], "%s");

		snprintf(path, sizeof(path), "%.*s%s%s", (int)(at - forms[i]), forms[i], v->release,
			 at + 2);
		if (!strchr(v->release, '/') && take(v, path))
			return;
	}
	found = dwfl_debug_fetch(v->build_id);
	if (found)
		take(v, found);
	free(found);
}

size_t vmlinux_frames(struct vmlinux *v, uint64_t pc, struct elffile_detail detail,
		      struct sp_frame *ret, size_t max)
{
	const char *name = NULL;
	uint64_t vaddr, start = 0;

	if (!v->tried)
		find(v);
	if (v->state != ELFFILE_FINE)
		return 1;
	vaddr = pc - v->slide;
	if (!ret->known)
		name = elftable_find(&v->tables, &v->table, vaddr, &start);
	if (name)
		*ret = (struct sp_frame){ .name = name,
					  .module = "[kernel.kallsyms]",
					  .offset = vaddr - start,
					  .known = true };
	if (!ret->known)
		return 1;
	return dwfl_debug_detail(v->debug, vaddr, detail.inlines, detail.lines, ret, max);
}

enum elffile_state vmlinux_state(const struct vmlinux *v, const char **path)
{
	*path = v->given ? v->given : "vmlinux";
	return v->tried ? v->state : ELFFILE_FINE;
}
