#ifndef KALLSYMS_H
#define KALLSYMS_H

/*
 * Kernel symbols: /proc/kallsyms, or text like it.
 *
 * In:    lines "address type name [module]" (kernel/kallsyms.c, s_show())
 * Out:   the symbol that holds an address
 * Keeps: the names of functions, and 16 bytes a symbol
 *
 * kallsyms has no sizes: a symbol ends where the next begins, after KALLSYMS_MAX_SIZE at most, and
 * the last of a module or of the kernel's text with the page behind its own.
 */
#include <sirqprof/err.h>
#include <sirqprof/own.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KALLSYMS_MAX_SIZE (1U << 20)
#define KALLSYMS_PAGE	  4096U

struct kallsyms;

struct ksymbol {
	uint64_t start;
	const char *name;   /* NUL-ended */
	const char *module; /* "[kernel.kallsyms]", "[bpf]", "[nf_tables]" … */
};

/* Reads path. Errors: SP_ESYS. All addresses zero (kptr_restrict) is no error: see
 * kallsyms_hidden(). */
int kallsyms_load(struct kallsyms **ret, const char *path, struct sp_err *err);

/* Only the symbols of modules and BPF programs: what comes and goes while the kernel runs. */
int kallsyms_load_modules(struct kallsyms **ret, const char *path, struct sp_err *err);

/* As kallsyms_load(), from text of len bytes, which is copied. Errors: SP_ENOMEM. */
int kallsyms_parse(struct kallsyms **ret, const char *text, size_t len, struct sp_err *err);
void kallsyms_free(struct kallsyms *k);

/* The symbol that holds addr; false when none does. */
bool kallsyms_find(const struct kallsyms *k, uint64_t addr, struct ksymbol *ret);

/* The address of a symbol by name; 0 when there is none. Slow: looks at every one. */
uint64_t kallsyms_address(const struct kallsyms *k, const char *name);

/* Symbols read; and whether their addresses are withheld. */
size_t kallsyms_count(const struct kallsyms *k);
bool kallsyms_hidden(const struct kallsyms *k);

SP_DEFINE_FREEP(kallsyms);

#endif
