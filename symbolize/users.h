#ifndef USERS_H
#define USERS_H

/*
 * User addresses: which file is mapped there in a process at a time, and its symbols.
 *
 * In:    mappings, forks, execs as records tell them
 * Out:   frames; "file+0x…" where no symbol is known
 * Keeps: the mappings of every process; ELF symbols of the files asked for (dwfl.h)
 */
#include <sirqprof/own.h>
#include <sirqprof/resolver.h>

struct users;

/* elf: open programs and libraries for their symbols. */
int users_new(struct users **ret, bool elf, struct sp_err *err);
void users_free(struct users *u);

int users_map(struct users *u, const struct sp_mapping *m, struct sp_err *err);
int users_fork(struct users *u, int32_t pid, int32_t ppid, uint64_t time_ns, struct sp_err *err);
int users_exec(struct users *u, int32_t pid, uint64_t time_ns, struct sp_err *err);

size_t users_frames(struct users *u, int32_t pid, uint64_t time_ns, uint64_t pc,
		    struct sp_frame *ret, size_t max);

SP_DEFINE_FREEP(users);

#endif
