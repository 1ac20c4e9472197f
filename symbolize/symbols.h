#ifndef SYMBOLS_H
#define SYMBOLS_H

/*
 * Address → name, by whatever knows it: symbols that travelled with the recording first, then this
 * machine's kernel, if it is the one that was recorded.
 *
 * In:    addresses; what the stream tells of mappings and symbols
 * Out:   struct sp_resolver
 * Keeps: kernel symbols (loaded at the first question, or ahead of it for a recording of perf),
 *        user mappings, ELF symbol tables
 */
#include <sirqprof/own.h>
#include <sirqprof/quality.h>
#include <sirqprof/resolver.h>

struct symbols_cfg {
	bool local;	      /* the recording is of this machine and this boot */
	bool live;	      /* it is being made: modules and BPF programs come and go meanwhile */
	bool user;	      /* look into programs and libraries */
	bool inlines, lines;  /* tell inlined functions, source lines */
	const char *vmlinux;  /* the kernel's debug information; NULL: look for it */
	const char *kallsyms; /* another file than /proc/kallsyms; NULL */
};

struct symbols;

int symbols_new(struct symbols **ret, const struct symbols_cfg *cfg, struct sp_err *err);
void symbols_free(struct symbols *s);
const struct sp_resolver *symbols_resolver(struct symbols *s);

/* The recording turned out to be of this boot (or not). */
void symbols_set_local(struct symbols *s, bool local);

/* What the recording says of the kernel: build-id (hex) and release; NULL or "" unknown. */
void symbols_set_kernel(struct symbols *s, const char *build_id, const char *release);

/* What could not be named, once everything was asked: kernel names withheld, files without symbols
 * or replaced since. detail is a path, "kernel", or "". */
typedef int symbols_tell(void *self, enum sp_quality_code code, uint64_t count, const char *detail,
			 struct sp_err *err);
int symbols_quality(struct symbols *s, symbols_tell *tell, void *self, struct sp_err *err);

SP_DEFINE_FREEP(symbols);

#endif
