#ifndef ATTRIBUTE_H
#define ATTRIBUTE_H

/*
 * A stall → the names a person would give: entry function, caller, stack, task, container, system
 * call, file.
 *
 * In:    stalls with shares; stacks, tasks, names of addresses
 * Out:   struct sp_stall_names
 * Keeps: the strings it made, until freed
 */
#include "arena.h"
#include "stacks.h"
#include "strings.h"
#include "tasks.h"

#include <sirqprof/own.h>
#include <sirqprof/report.h>
#include <sirqprof/resolver.h>

struct attribute;

struct attribute_parts {
	struct strings *strings; /* borrowed, as all of these */
	const struct stacks *stacks;
	const struct tasks *tasks;
	const struct sp_resolver *resolver;
	int32_t self_pid;
};

int attribute_new(struct attribute **ret, const struct attribute_parts *parts, struct sp_err *err);
void attribute_free(struct attribute *a);

/* Fills *ret; pointers live as long as a and its strings. May add FD evidence to the stall. */
int attribute_stall(struct attribute *a, struct sp_stall *s, struct sp_stall_names *ret,
		    struct sp_err *err);

/* The frames of a stack as names, outermost first, kernel after user; *n of them. user: with user
 * frames. */
int attribute_frames(struct attribute *a, sp_stack stack, int32_t pid, uint64_t time_ns, bool user,
		     const char *const **ret, uint32_t *n, struct sp_err *err);

/* Stacks shown without their user frames: those of all processes would take too much. */
uint64_t attribute_cut(const struct attribute *a);

/* A kernel address by name. */
const char *attribute_addr(struct attribute *a, uint64_t addr);

/* The comm of a thread at a time; "idle" for 0, "[unknown]" when nothing is known. comm: as it was
 * learnt at that time; 0: not. */
const char *attribute_comm(struct attribute *a, int32_t tid, sp_str comm, uint64_t at_ns);

/* Where the report's strings and arrays are kept: freed with a. */
struct arena *attribute_arena(struct attribute *a);

SP_DEFINE_FREEP(attribute);

#endif
