#ifndef SOURCE_H
#define SOURCE_H

/*
 * Where a recording's bytes come from: a file, memory, or a pipe that is read ahead.
 *
 * A file is read in large pieces rather than mapped: the copy costs less than the page faults (14
 * against 21 ms for 200 MB in the page cache), the piece is in the CPU's own cache when it is
 * parsed, the memory does not grow with the file, and a file that is cut meanwhile is no SIGBUS.
 */
#include <sirqprof/err.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source {
	const uint8_t *data; /* bytes [base, base + have) of the input */
	uint64_t base, have;
	uint64_t size; /* of the whole input, where whole */
	bool whole;    /* any offset may be asked for: a file or memory, no pipe */
	bool ended;    /* pipe: nothing more will come */
	int fd;
	uint8_t *buf; /* what data points to, unless it was given */
	size_t room;
	int64_t opened_ns; /* pipe: CLOCK_REALTIME */
};

/* CLOCK_REALTIME of when the input was made and last written; 0: not known. Of a pipe: since when
 * it was read, and now. */
struct source_times {
	int64_t made_ns, written_ns;
};
void source_times(const struct source *s, struct source_times *ret);

/* "-" is standard input. Errors: SP_ESYS; SP_EFORMAT of a folder that holds no recording. s is to
 * be closed in any case. */
int source_open(struct source *s, const char *path, struct sp_err *err);
void source_memory(struct source *s, const void *data, size_t size);
void source_close(struct source *s);

/* source_at() for what is not at hand. */
const uint8_t *source_fetch(struct source *s, uint64_t off, uint64_t size, struct sp_err *err);

/* size bytes at offset off, good until the next call; NULL when the input has fewer. In a pipe off
 * never goes back before what source_forget() let go. */
static inline const uint8_t *source_at(struct source *s, uint64_t off, uint64_t size,
				       struct sp_err *err)
{
	uint64_t at = off - s->base;

	if (off >= s->base && at <= s->have && size <= s->have - at)
		return s->data + at;
	return source_fetch(s, off, size, err);
}

/* Bytes that are there from off on, as far as is known: all of a file, what is read of a pipe. */
uint64_t source_left(const struct source *s, uint64_t off);

/* Nothing before off will be asked for again. */
void source_forget(struct source *s, uint64_t off);

#endif
