#ifndef DWFL_H
#define DWFL_H

/*
 * Inline frames and source lines of one file, by libdw: the only file that knows it. Debug
 * information is taken from the file, from a separate debug file by build-id, or from a debuginfod
 * server when DEBUGINFOD_URLS is set; libdw looks for it.
 *
 * In:    an open ELF file
 * Out:   frames of an address
 * Keeps: libdw's view of the file; names demangled for it
 */
#include <sirqprof/own.h>
#include <sirqprof/resolver.h>

struct dwfl_debug;

/* NULL when there is no debug information. fd is not kept. */
struct dwfl_debug *dwfl_debug_open(const char *path, int fd);

/* As above, and NULL with *ret_refused set when compressed sections, of the file and of the
 * separate ones that libdw takes for it together, claim to become more than limit bytes. Else
 * *ret_inflated is what they claim. */
struct dwfl_debug *dwfl_debug_open_within(const char *path, int fd, uint64_t limit,
					  uint64_t *ret_inflated, bool *ret_refused);
void dwfl_debug_free(struct dwfl_debug *d);

/* The frames at a virtual address of the file, innermost first: inlined functions with their names,
 * then the function itself with name NULL (the symbol table knows it). file and line are set where
 * known. Returns how many, 0 when nothing is known; strings live as long as d. */
size_t dwfl_debug_frames(struct dwfl_debug *d, uint64_t vaddr, struct sp_frame *ret, size_t max);

/* Makes the one frame of ret, which the symbol table knows, into those at the address, as far as
 * they are wanted. Returns how many, 1 at least. */
size_t dwfl_debug_detail(struct dwfl_debug *d, uint64_t vaddr, bool inlines, bool lines,
			 struct sp_frame *ret, size_t max);

/* The path, malloc()ed, of a file of that build-id (hex) which libdw finds or fetches from a server
 * in DEBUGINFOD_URLS; NULL when there is none. */
char *dwfl_debug_fetch(const char *build_id);

SP_DEFINE_FREEP(dwfl_debug);

#endif
