#ifndef USERS_H
#define USERS_H

/*
 * User addresses: what is mapped there in a process at a time, and its symbols.
 *
 * In:    mappings, forks, execs as records tell them, in nearly the order of time: what a look-up
 *        may see is decided by times, not by order
 * Out:   frames: "file+0x…" where the file has no symbol for it, "[unnamed]" where these are too
 *        many, "[unknown]" where nothing is mapped
 * Keeps: the mappings of processes that may be asked for (mapped.h); symbols of the files asked for
 * (elffile.h, perfmap.h)
 */
#include "elffile.h"

#include <sirqprof/own.h>
#include <sirqprof/resolver.h>

struct users;

/* elf: open programs and libraries for their symbols. */
int users_new(struct users **ret, bool elf, struct sp_err *err);
void users_free(struct users *u);

/* live: the processes are of this boot, and may still be there. */
void users_set_live(struct users *u, bool live);

/* Whether to tell inlined functions and source lines (elffile.h). */
void users_set_detail(struct users *u, struct elffile_detail detail);

int users_map(struct users *u, const struct sp_mapping *m, struct sp_err *err);
int users_fork(struct users *u, int32_t pid, int32_t ppid, uint64_t time_ns, struct sp_err *err);
/* The process has ended: it is forgotten when room is needed, or by users_forget(). */
int users_exit(struct users *u, int32_t pid, uint64_t time_ns, struct sp_err *err);
/* As the resolver's (resolver.h). */
bool users_keep(struct users *u, int32_t pid, uint64_t time_ns, bool runs);
void users_keep_at(struct users *u, int32_t pid, uint64_t time_ns, uint64_t pc);
void users_forget(struct users *u, uint64_t before_ns);
bool users_crowded(const struct users *u);
/* Mappings that were passed over for want of room. */
uint64_t users_refused(const struct users *u);
int users_exec(struct users *u, int32_t pid, uint64_t time_ns, struct sp_err *err);

/* The build-id of the file by that path, where mappings do not tell it. Two different ones for one
 * path are none. */
int users_build_id(struct users *u, const char *path, const char *hex, struct sp_err *err);

/* When what the process has mapped last changed, at or before time_ns; 0: before the recording. */
uint64_t users_life(const struct users *u, int32_t pid, uint64_t time_ns);

size_t users_frames(struct users *u, int32_t pid, uint64_t time_ns, uint64_t pc,
		    struct sp_frame *ret, size_t max);

/* The file mapped at pc, and what is to be added to its virtual addresses; NULL when none is. */
struct elffile *users_file(struct users *u, int32_t pid, uint64_t time_ns, uint64_t pc,
			   uint64_t *bias);

/* Files that were asked for symbols in vain. */
int users_troubles(const struct users *u, elffile_trouble *put, void *self, struct sp_err *err);

SP_DEFINE_FREEP(users);

#endif
