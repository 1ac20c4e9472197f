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
	uint64_t told_ns : 63;	     /* when it was mapped: earlier, where a fork handed it down */
	uint64_t tried : 1;	     /* .file was looked for */
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
/* The process has ended: it is forgotten when others need the room. */
void mapped_exit(struct mapped *all, int32_t pid);
int mapped_exec(struct mapped *all, int32_t pid, uint64_t time_ns, struct sp_err *err);

/* NULL when nothing is mapped there; valid until the next mapping or fork. */
struct mapped_file *mapped_at(struct mapped *all, int32_t pid, uint64_t time_ns, uint64_t pc);

/* When what the process has mapped last changed, at or before time_ns; 0: before the recording. */
uint64_t mapped_life(const struct mapped *all, int32_t pid, uint64_t time_ns);

/* Whether any record told of the process. */
bool mapped_knows(const struct mapped *all, int32_t pid);

SP_DEFINE_FREEP(mapped);

#endif
