#ifndef DWFL_H
#define DWFL_H

/*
 * Symbols of ELF files, by libdw and libelf: the only file that knows them.
 *
 * In:    a path, and the build-id that was mapped, if the record told it
 * Out:   the function at an offset of the file
 * Keeps: one symbol table a file, read at the first question
 *
 * A file on disk whose build-id differs from the one mapped gives no name: unknown is better than
 * wrong.
 */
#include <sirqprof/own.h>
#include <sirqprof/resolver.h>

struct dwfl_files;
struct dwfl_file;

int dwfl_files_new(struct dwfl_files **ret, struct sp_err *err);
void dwfl_files_free(struct dwfl_files *f);

/* The file of a path and build-id ("" unknown); pid: its root is where to look first. NULL when out
 * of memory. */
struct dwfl_file *dwfl_files_get(struct dwfl_files *f, const char *path, const char *build_id,
				 int32_t pid);
const char *dwfl_file_path(const struct dwfl_file *file);

/* The function that holds the file offset; false when none is known. */
bool dwfl_file_frame(struct dwfl_file *file, uint64_t file_offset, struct sp_frame *ret);

SP_DEFINE_FREEP(dwfl_files);

#endif
