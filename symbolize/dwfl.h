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
void dwfl_debug_free(struct dwfl_debug *d);

/* The frames at a virtual address of the file, innermost first: inlined functions with their names,
 * then the function itself with name NULL (the symbol table knows it). file and line are set where
 * known. Returns how many, 0 when nothing is known; strings live as long as d. */
size_t dwfl_debug_frames(struct dwfl_debug *d, uint64_t vaddr, struct sp_frame *ret, size_t max);

SP_DEFINE_FREEP(dwfl_debug);

#endif
