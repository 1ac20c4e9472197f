#ifndef SIRQPROF_RESOLVER_H
#define SIRQPROF_RESOLVER_H

/*
 * Address → name: symbolize/ implements it, analyze/ asks, tests fake it.
 */
#include <sirqprof/err.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sp_frame {
	const char *name;   /* demangled function name, or "[unknown]"; lives as long as the
			     * resolver */
	const char *module; /* "[kernel.kallsyms]", "[module]", ELF path, "" unknown */
	const char *file;   /* source file with line, NULL unknown (only with --lines) */
	uint32_t line;
	uint64_t offset; /* from the function's first byte */
	bool known;	 /* name is a real name */
	bool inlined;	 /* inlined into the next (outer) frame */
};

/* One mapping of a process at a time, as records tell it. */
struct sp_mapping {
	int32_t pid;
	uint64_t time_ns;
	uint64_t start, len, pgoff;
	uint64_t ino; /* inode, 0 unknown: tells a file put in its place from the one mapped */
	const char *path;
	const char *build_id; /* lower-case hex, "" unknown */
};

struct sp_user_regs {
	uint64_t abi;	      /* PERF_SAMPLE_REGS_ABI_* */
	uint64_t mask;	      /* sample_regs_user */
	const uint64_t *regs; /* one per bit of mask, lowest bit first */
	const uint8_t *stack; /* copy of the user stack from the stack pointer on */
	uint64_t stack_size;  /* bytes really there (dyn_size) */
};

/*
 * Every function may be NULL ("nothing to do here"). Frames come innermost first; more than one
 * where inlining is known. Returned strings belong to the resolver.
 */
struct sp_resolver {
	void *self;

	/* The frames of a kernel address; pc is the address to look up (return address − 1).
	 * Returns how many of ret were filled, 1..max; an unknown address gives one "[unknown]"
	 * or "module+0x…" frame. */
	size_t (*kernel)(void *self, uint64_t pc, struct sp_frame *ret, size_t max);

	/* An address without a name that is shown, or that a verdict rests on; each counts once.
	 * Others that are asked for, of no stall, need no remedy. */
	void (*kernel_missed)(void *self, uint64_t pc);

	/* As kernel(), for an address of process pid at a time. */
	size_t (*user)(void *self, int32_t pid, uint64_t time_ns, uint64_t pc, struct sp_frame *ret,
		       size_t max);

	/* What the stream tells: mappings, exec, exit, kernel symbols that travelled with it. */
	int (*mapped)(void *self, const struct sp_mapping *m, struct sp_err *err);
	int (*forked)(void *self, int32_t pid, int32_t ppid, uint64_t time_ns, struct sp_err *err);
	int (*execed)(void *self, int32_t pid, uint64_t time_ns, struct sp_err *err);
	int (*exited)(void *self, int32_t pid, uint64_t time_ns, struct sp_err *err);
	/* Of a recording without end nearly every process ends and is never asked for again. Before
	 * forget() those are named that may be; keep() says whether it has to be told their user
	 * addresses too, as user() will be asked for them. Of those that ended before a time
	 * forget() keeps no more than these, of the others that ended then nothing. time_ns: as of
	 * when it is asked for; runs: it has threads that live, whatever became of the first. */
	bool (*keep)(void *self, int32_t pid, uint64_t time_ns, bool runs);
	void (*keep_at)(void *self, int32_t pid, uint64_t time_ns, uint64_t pc);
	void (*forget)(void *self, uint64_t before_ns);
	/* There is little room left, and some of those that ended would make more. */
	bool (*crowded)(void *self);
	int (*kernel_symbol)(void *self, uint64_t addr, uint64_t start, const char *name,
			     const char *module, struct sp_err *err);
	/* A symbol that the kernel made while it ran: a BPF program, a trampoline. */
	int (*kernel_range)(void *self, uint64_t start, uint64_t len, const char *name,
			    const char *module, struct sp_err *err);
	/* The build-id of a file by its path, where mappings do not tell it. kernel: of the kernel
	 * ("[kernel.kallsyms]") or a module. */
	int (*build_id)(void *self, const char *path, const char *hex, bool kernel,
			struct sp_err *err);

	/* What stands at user addresses of a process changes when this number does: it executed
	 * another program, or mapped something else. */
	uint64_t (*life)(void *self, int32_t pid, uint64_t time_ns);

	/* Unwinds user frames from registers and stack; writes up to max addresses, innermost
	 * first; returns how many (0: could not). */
	size_t (*unwind)(void *self, int32_t pid, uint64_t time_ns, const struct sp_user_regs *regs,
			 uint64_t *ret, size_t max);
};

#endif
