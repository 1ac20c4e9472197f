#ifndef DWFL_H
#define DWFL_H

/*
 * ELF files, by libdw and libelf: the only file that knows them.
 *
 * In:    mappings, and the build-id that was mapped, if the record told it
 * Out:   the function at an offset of the file; its bytes, for unwinding
 * Keeps: one symbol table a file, read at the first question
 *
 * A file on disk that is not the one mapped gives no name: unknown is better than wrong. Without a
 * build-id a file is trusted only on the machine and boot that was recorded, and only if it did not
 * change since it was mapped.
 */
#include <sirqprof/own.h>
#include <sirqprof/quality.h>
#include <sirqprof/resolver.h>

struct dwfl_files;
struct dwfl_file;

enum dwfl_state {
	DWFL_FINE,
	DWFL_MISSING,  /* no such file (any more) */
	DWFL_OTHER,    /* another file by that name */
	DWFL_STRIPPED, /* no symbols */
	DWFL_NOT_ELF,
};

int dwfl_files_new(struct dwfl_files **ret, struct sp_err *err);
void dwfl_files_free(struct dwfl_files *f);

/* live: mappings are of processes of this boot. */
void dwfl_files_set_live(struct dwfl_files *f, bool live);

/* The file behind a mapping: one object for one content. NULL when out of memory. */
struct dwfl_file *dwfl_files_get(struct dwfl_files *f, const struct sp_mapping *m);

/* The function that holds the file offset; false when none is known. */
bool dwfl_file_frame(struct dwfl_file *file, uint64_t file_offset, struct sp_frame *ret);

/* file offset → virtual address of the file; false outside its segments. */
bool dwfl_file_vaddr(const struct dwfl_file *file, uint64_t file_offset, uint64_t *ret);

/* Copies size bytes at a virtual address of the file; false when they are not all there. */
bool dwfl_file_read(struct dwfl_file *file, uint64_t vaddr, void *to, size_t size);

/* Where .eh_frame_hdr is (PT_GNU_EH_FRAME); false without. */
bool dwfl_file_eh_frame_hdr(const struct dwfl_file *file, uint64_t *ret_vaddr, uint64_t *ret_size);

/* Files whose symbols were asked for in vain: their path, why, how often. */
typedef int dwfl_trouble(void *self, const char *path, enum dwfl_state why, uint64_t addresses,
			 struct sp_err *err);
int dwfl_files_troubles(const struct dwfl_files *f, dwfl_trouble *put, void *self,
			struct sp_err *err);

SP_DEFINE_FREEP(dwfl_files);

#endif
