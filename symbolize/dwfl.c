#include "dwfl.h"

#include "demangle.h"
#include "elfimage.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uthash.h>

/* A mangled name and what it means. */
struct nice_name {
	char *mangled, *nice;
	UT_hash_handle hh;
};

struct dwfl_debug {
	Dwfl *dwfl;
	Dwfl_Module *module;
	GElf_Addr elf_bias; /* libdw's address minus the file's */
	struct nice_name *names;
};

/* What a module's files may become together: its userdata. */
struct budget {
	const char *path; /* of the program */
	int fd;
	uint64_t limit, inflated;
	bool refused;
};

/* False: it would be too much. libdw would also decompress a whole file that is no ELF file. */
static bool spend(struct budget *b, int fd)
{
	uint64_t size;

	if (!elfimage_inflated(fd, &size) || size > b->limit - b->inflated) {
		b->refused = true;
		return false;
	}
	b->inflated += size;
	return true;
}

/* NULL when it is no ELF file; fd stays the caller's. */
static Dwfl_Module *report(Dwfl *dwfl, const char *path, int fd)
{
	int own = dup(fd);
	Dwfl_Module *module;

	dwfl_report_begin(dwfl);
	/* libdw closes the descriptor, but only when it takes the file. */
	module = own >= 0 ? dwfl_report_offline(dwfl, path, path, own) : NULL;
	if (!module && own >= 0)
		close(own);
	dwfl_report_end(dwfl, NULL, NULL);
	return module;
}

/* libdw's own way to the separate file (.gnu_debuglink, build-id, .gnu_debugaltlink), and a look at
 * it before libdw inflates it. libdw keeps what it has compared build-ids of, whatever is returned
 * then: so a module for nothing else looks first. What that does not find is an alternative file,
 * which libdw opens by the descriptor. */
static int find_debuginfo(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
			  const char *file, const char *link, GElf_Word crc, char **ret)
{
	static const Dwfl_Callbacks none = { .section_address = dwfl_offline_section_address };
	struct budget *b = *userdata;
	Dwfl *dwfl = b ? dwfl_begin(&none) : NULL;
	Dwfl_Module *other = dwfl ? report(dwfl, b->path, b->fd) : NULL;
	void *nothing = NULL;
	char *found = NULL;
	bool counted;
	int fd = -1;

	if (other)
		fd = dwfl_standard_find_debuginfo(other, &nothing, name, base, file, link, crc,
						  &found);
	counted = fd >= 0;
	if (counted) {
		spend(b, fd);
		close(fd);
	}
	free(found);
	if (dwfl)
		dwfl_end(dwfl);
	if (b && b->refused)
		return -1;
	fd = dwfl_standard_find_debuginfo(module, userdata, name, base, file, link, crc, ret);
	if (fd < 0 || !b || counted || spend(b, fd))
		return fd;
	close(fd);
	free(*ret);
	*ret = NULL;
	return -1;
}

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = find_debuginfo,
	.section_address = dwfl_offline_section_address,
};

void dwfl_debug_free(struct dwfl_debug *d)
{
	struct nice_name *n, *next;

	if (!d)
		return;
	HASH_ITER (hh, d->names, n, next) {
		HASH_DEL(d->names, n);
		free(n->mangled);
		free(n->nice);
		free(n);
	}
	if (d->dwfl)
		dwfl_end(d->dwfl);
	free(d);
}

static struct dwfl_debug *open_debug(const char *path, int fd, struct budget *budget)
{
	sp_auto(dwfl_debug) d = calloc(1, sizeof(*d));
	void **userdata = NULL;
	Dwarf_Addr bias;

	if (!d)
		return NULL;
	d->dwfl = dwfl_begin(&callbacks);
	if (!d->dwfl)
		return NULL;
	d->module = report(d->dwfl, path, fd);
	if (d->module && dwfl_module_info(d->module, &userdata, NULL, NULL, NULL, NULL, NULL, NULL))
		*userdata = budget;
	if (!d->module || !dwfl_module_getelf(d->module, &d->elf_bias) ||
	    !dwfl_module_getdwarf(d->module, &bias) || (budget && budget->refused))
		return NULL;
	/* It ends here; all files have been taken. */
	if (userdata)
		*userdata = NULL;
	return sp_take(d);
}

struct dwfl_debug *dwfl_debug_open(const char *path, int fd)
{
	return open_debug(path, fd, NULL);
}

struct dwfl_debug *dwfl_debug_open_within(const char *path, int fd, uint64_t limit,
					  uint64_t *ret_inflated, bool *ret_refused)
{
	struct budget budget = { .path = path, .fd = fd, .limit = limit };
	struct dwfl_debug *d = NULL;

	if (spend(&budget, fd))
		d = open_debug(path, fd, &budget);
	*ret_refused = budget.refused;
	*ret_inflated = budget.inflated;
	return d;
}

static const char *nice_name(struct dwfl_debug *d, const char *mangled)
{
	struct nice_name *n;

	HASH_FIND_STR(d->names, mangled, n);
	if (n)
		return n->nice;
	n = calloc(1, sizeof(*n));
	if (!n)
		return NULL;
	n->mangled = strdup(mangled);
	n->nice = demangle_name(mangled);
	if (!n->mangled || !n->nice) {
		free(n->mangled);
		free(n->nice);
		free(n);
		return NULL;
	}
	HASH_ADD_KEYPTR(hh, d->names, n->mangled, strlen(n->mangled), n);
	return n->nice;
}

/* The name with its namespaces, where there is a linkage name; else the plain one. */
static const char *name_of(struct dwfl_debug *d, Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	const char *mangled = NULL, *nice = NULL;

	if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attr))
		mangled = dwarf_formstring(&attr);
	if (mangled)
		nice = nice_name(d, mangled);
	return nice ? nice : dwarf_diename(die);
}

static uint32_t number_of(Dwarf_Die *die, unsigned int what)
{
	Dwarf_Attribute attr;
	Dwarf_Word v;

	return dwarf_attr(die, what, &attr) && !dwarf_formudata(&attr, &v) && v <= UINT32_MAX
		       ? (uint32_t)v
		       : 0;
}

/* Where an inlined function was called: that is where its caller stands. */
static void call_site(Dwarf_Die *cu, Dwarf_Die *inlined, struct sp_frame *caller)
{
	uint32_t file = number_of(inlined, DW_AT_call_file);
	Dwarf_Files *files;
	size_t n;

	caller->line = number_of(inlined, DW_AT_call_line);
	if (file && !dwarf_getsrcfiles(cu, &files, &n) && file < n)
		caller->file = dwarf_filesrc(files, file, NULL, NULL);
}

size_t dwfl_debug_frames(struct dwfl_debug *d, uint64_t vaddr, struct sp_frame *ret, size_t max)
{
	Dwarf_Die *cu, *scopes = NULL;
	Dwarf_Addr bias;
	Dwarf_Line *line;
	int nscopes, at;
	size_t n = 0;

	cu = max ? dwfl_module_addrdie(d->module, vaddr + d->elf_bias, &bias) : NULL;
	if (!cu)
		return 0;
	ret[0] = (struct sp_frame){ .module = "" };
	line = dwarf_getsrc_die(cu, vaddr + d->elf_bias - bias);
	if (line) {
		ret[0].file = dwarf_linesrc(line, NULL, NULL);
		if (!dwarf_lineno(line, &at) && at > 0)
			ret[0].line = (uint32_t)at;
	}
	nscopes = dwarf_getscopes(cu, vaddr + d->elf_bias - bias, &scopes);
	for (int i = 0; i < nscopes && n + 1 < max; i++) {
		int tag = dwarf_tag(&scopes[i]);

		if (tag == DW_TAG_subprogram)
			break;
		if (tag != DW_TAG_inlined_subroutine)
			continue;
		ret[n].name = name_of(d, &scopes[i]);
		ret[n].name = ret[n].name ? ret[n].name : "[unknown]";
		ret[n].inlined = true;
		ret[n].known = true;
		n++;
		ret[n] = (struct sp_frame){ .module = "" };
		call_site(cu, &scopes[i], &ret[n]);
	}
	free(scopes);
	return n + 1;
}

size_t dwfl_debug_detail(struct dwfl_debug *d, uint64_t vaddr, bool inlines, bool lines,
			 struct sp_frame *ret, size_t max)
{
	const struct sp_frame outer = ret[0];
	struct sp_frame *last;
	size_t n = dwfl_debug_frames(d, vaddr, ret, max);

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
		if (!lines)
			ret[i].file = NULL;
	}
	if (!inlines) {
		/* The innermost line is where the instruction is, whoever it was written for. */
		last->file = ret[0].file;
		last->line = ret[0].line;
		ret[0] = *last;
		n = 1;
	}
	return n;
}

/* A module of no file yet, known by its build-id alone: libdw looks for it, then asks the servers.
 */
char *dwfl_debug_fetch(const char *build_id)
{
	Dwfl *dwfl = dwfl_begin(&callbacks);
	Dwfl_Module *module = NULL;
	const char *main_file = NULL, *debug_file = NULL;
	uint8_t id[64];
	size_t n = strlen(build_id) / 2;
	Dwarf_Addr bias;
	char *found = NULL;

	for (size_t i = 0; i < n && i < sizeof(id); i++)
		if (sscanf(build_id + 2 * i, "%2hhx", &id[i]) != 1)
			n = 0;
	if (dwfl && n && n <= sizeof(id)) {
		dwfl_report_begin(dwfl);
		module = dwfl_report_module(dwfl, "kernel", 1, UINT64_MAX / 2);
		if (module && dwfl_module_report_build_id(module, id, n, 0))
			module = NULL;
		dwfl_report_end(dwfl, NULL, NULL);
	}
	if (module && dwfl_module_getelf(module, &bias)) {
		dwfl_module_getdwarf(module, &bias);
		dwfl_module_info(module, NULL, NULL, NULL, NULL, NULL, &main_file, &debug_file);
		if (debug_file || main_file)
			found = strdup(debug_file ? debug_file : main_file);
	}
	if (dwfl)
		dwfl_end(dwfl);
	return found;
}
