#ifndef MAPPED_H
#define MAPPED_H

/*
 * What was mapped where in which process, and when: a process has lives, which begin with fork and
 * exec, and a mapping counts until its life ends or another is laid over it.
 *
 * In:    mappings, forks, execs as records tell them, in nearly the order of time: what a look-up
 *        may see is decided by times, not by order
 * Out:   the mapping at an address of a process at a time
 * Keeps: a bounded number of processes and mappings, the newest of each process
 */
#include <sirqprof/err.h>
#include <sirqprof/own.h>

#include <stdbool.h>
#include <stdint.h>

struct elffile;
struct mapped;

struct mapped_file {
	uint64_t start, end, pgoff, ino;
	uint64_t time_ns;	     /* from when on it counts here */
	uint64_t told_ns : 62;	     /* when it was mapped: earlier, where a fork handed it down */
	uint64_t tried : 1;	     /* .file was looked for */
	uint64_t kept : 1;	     /* mapped_keep_at() */
	const char *path, *build_id; /* borrowed, "" where none */
	struct elffile *file;	     /* NULL none */
};

int mapped_new(struct mapped **ret, struct sp_err *err);
void mapped_free(struct mapped *all);

/* Copies *m. Too many of them are passed over, the oldest of a process are dropped. Errors:
 * SP_ENOMEM. */
int mapped_add(struct mapped *all, int32_t pid, const struct mapped_file *m, struct sp_err *err);
int mapped_fork(struct mapped *all, int32_t pid, int32_t ppid, uint64_t time_ns,
		struct sp_err *err);
/* The process has ended: it is forgotten when others need the room, or by mapped_forget(). A fork
 * of before may be told later. Errors: SP_ENOMEM. */
int mapped_exit(struct mapped *all, int32_t pid, uint64_t time_ns, struct sp_err *err);
/* It may be asked for still, as of a time; runs: and has threads that live; true: it has ended, and
 * the addresses have to be told. */
bool mapped_keep(struct mapped *all, int32_t pid, uint64_t time_ns, bool runs);
void mapped_keep_at(struct mapped *all, int32_t pid, uint64_t time_ns, uint64_t pc);
/* Forgets those that ended before a time and were not kept since the last call, and what was
 * mapped where none of the addresses is. */
void mapped_forget(struct mapped *all, uint64_t before_ns);
/* Half of the room is taken, and there are some that mapped_forget() may help with: half as many as
 * it left the last time. */
bool mapped_crowded(const struct mapped *all);
/* Mappings that were passed over for want of room. */
uint64_t mapped_refused(const struct mapped *all);
int mapped_exec(struct mapped *all, int32_t pid, uint64_t time_ns, struct sp_err *err);

/* NULL when nothing is mapped there; valid until the next mapping, fork or
 * mapped_forget(). */
struct mapped_file *mapped_at(struct mapped *all, int32_t pid, uint64_t time_ns, uint64_t pc);

/* When what the process has mapped last changed, at or before time_ns; 0: before the recording. */
uint64_t mapped_life(const struct mapped *all, int32_t pid, uint64_t time_ns);

/* Whether any record told of the process. */
bool mapped_knows(const struct mapped *all, int32_t pid);

SP_DEFINE_FREEP(mapped);

#endif
