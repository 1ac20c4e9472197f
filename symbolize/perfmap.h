#ifndef PERFMAP_H
#define PERFMAP_H

/*
 * What JIT compilers tell of their code: /tmp/perf-PID.map, lines "start size name", in hex
 * (tools/perf/Documentation/jit-interface.txt of Linux).
 *
 * In:    the file's text
 * Out:   the function that holds an address; of several the line that comes last in the file
 * Keeps: the text once, 24 bytes a line; PERFMAP_MAX_BYTES at most
 */
#include <sirqprof/err.h>
#include <sirqprof/own.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PERFMAP_MAX_BYTES (256U << 20)

struct perfmap;

/* The map of a process, as its mount namespace has it, else as ours has it. SP_ESYS when there is
 * none, or it is a stranger's. live: the process is of this boot. */
int perfmap_load(struct perfmap **ret, int32_t pid, bool live, struct sp_err *err);

/* From text of len bytes, which is copied. Lines that are none are passed over. */
int perfmap_parse(struct perfmap **ret, const char *text, size_t len, struct sp_err *err);
void perfmap_free(struct perfmap *p);

/* *start: the function's first address. The name lives as long as p. NULL: none holds addr. */
const char *perfmap_find(const struct perfmap *p, uint64_t addr, uint64_t *start);

SP_DEFINE_FREEP(perfmap);

#endif
