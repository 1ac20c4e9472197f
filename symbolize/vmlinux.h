#ifndef VMLINUX_H
#define VMLINUX_H

/*
 * The kernel's own debug information: inlined functions and source lines of kernel addresses.
 *
 * In:    the build-id of the kernel that was recorded, and where it lay; a vmlinux, given or found
 *        below /usr/lib/debug, /boot or by debuginfod
 * Out:   frames; nothing when no vmlinux has that build-id
 * Keeps: libdw's view of the file, its symbol table, and it open
 */
#include "elffile.h"

#include <sirqprof/own.h>
#include <sirqprof/resolver.h>

struct vmlinux;

/* path: what the user gave, NULL: look for it. Opens nothing yet. */
int vmlinux_new(struct vmlinux **ret, const char *path, struct sp_err *err);
void vmlinux_free(struct vmlinux *v);

/* The build-id of the recorded kernel as lower-case hex, and its release (uname -r), where files
 * are looked for. */
void vmlinux_set_kernel(struct vmlinux *v, const char *build_id, const char *release);

/* A symbol of it and where it was: the rest lay as much higher (KASLR). */
void vmlinux_set_place(struct vmlinux *v, const char *symbol, uint64_t address);

/* Makes the one frame of ret, found by other means, into those that debug information knows; gives
 * it a name, if it has none. Returns how many, 1 at least. */
size_t vmlinux_frames(struct vmlinux *v, uint64_t pc, struct elffile_detail detail,
		      struct sp_frame *ret, size_t max);

/* Why there is none: ELFFILE_FINE when there is one, or it was not asked for. path: what was given,
 * or "vmlinux". */
enum elffile_state vmlinux_state(const struct vmlinux *v, const char **path);

SP_DEFINE_FREEP(vmlinux);

#endif
