#ifndef ELFFILE_H
#define ELFFILE_H

/*
 * The ELF files that were mapped.
 *
 * In:    mappings, and the build-id that was mapped, if the record told it
 * Out:   the function at an offset of the file; its bytes, for unwinding
 * Keeps: symbol tables, read at the first question, as many as elftables.h lets; ELFFILE_MOST
 * files, those that are not there too: the others are one that has no names
 *
 * A file on disk that is not the one mapped gives no name: unknown is better than wrong. Without a
 * build-id a file is trusted only on the machine and boot that was recorded, and only if it did not
 * change since it was mapped.
 */
#include "ehtable.h"

#include <sirqprof/own.h>
#include <sirqprof/quality.h>
#include <sirqprof/resolver.h>

struct elffiles;
struct elffile;

enum elffile_state {
	ELFFILE_FINE,
	ELFFILE_MISSING,  /* no such file (any more), or none that can be opened */
	ELFFILE_OTHER,	  /* another file by that name */
	ELFFILE_STRIPPED, /* no symbols */
	ELFFILE_NOT_ELF,
	ELFFILE_REFUSED, /* in troubles only: its debug information would grow too large */
};

int elffiles_new(struct elffiles **ret, struct sp_err *err);
void elffiles_free(struct elffiles *f);

/* live: mappings are of processes of this boot. */
void elffiles_set_live(struct elffiles *f, bool live);

/* The file behind a mapping: one object for one content. NULL when out of memory. */
#define ELFFILE_MOST 4096U
struct elffile *elffiles_get(struct elffiles *f, const struct sp_mapping *m);

/* What to tell of an address beside its function. */
struct elffile_detail {
	bool inlines, lines;
};

/* The function that holds the file offset, innermost first with what is inlined into it; 0 when
 * none is known. */
size_t elffile_frames(struct elffile *file, uint64_t file_offset, struct elffile_detail detail,
		      struct sp_frame *ret, size_t max);

/* file offset → virtual address of the file; false outside its segments. */
bool elffile_vaddr(const struct elffile *file, uint64_t file_offset, uint64_t *ret);

/* Copies size bytes at a virtual address of the file; false when they are not all there. */
bool elffile_read(struct elffile *file, uint64_t vaddr, void *to, size_t size);

/* Where .eh_frame_hdr is (PT_GNU_EH_FRAME); false without. */
bool elffile_eh_frame_hdr(const struct elffile *file, uint64_t *ret_vaddr, uint64_t *ret_size);

/* A search table of .eh_frame, where there is no .eh_frame_hdr: it is relative to *ret_vaddr. NULL
 * without; kept with the file. */
const struct ehtable *elffile_eh_table(struct elffile *file, uint64_t *ret_vaddr);

/* Files whose symbols were asked for in vain: their path, why, how often. */
typedef int elffile_trouble(void *self, const char *path, enum elffile_state why,
			    uint64_t addresses, struct sp_err *err);
int elffiles_troubles(const struct elffiles *f, elffile_trouble *put, void *self,
		      struct sp_err *err);

SP_DEFINE_FREEP(elffiles);

#endif
