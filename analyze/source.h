#ifndef SOURCE_H
#define SOURCE_H

/*
 * Where a recording's bytes come from: a mapped file, memory, or a pipe that is read ahead.
 */
#include <sirqprof/err.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source {
	const uint8_t *data; /* mapped or given: the whole; pipe: the buffer */
	uint64_t size;	     /* of data that is valid */
	bool whole;	     /* data is the whole input */
	bool mapped, ended;
	int fd;
	uint8_t *buf; /* pipe */
	size_t room;
	uint64_t base;	   /* pipe: offset in the input of buf[0] */
	int64_t opened_ns; /* pipe: CLOCK_REALTIME */
};

/* CLOCK_REALTIME of when the input was made and last written; 0: not known. Of a pipe: since when
 * it was read, and now. */
struct source_times {
	int64_t made_ns, written_ns;
};
void source_times(const struct source *s, struct source_times *ret);

int source_open(struct source *s, const char *path, struct sp_err *err);
void source_memory(struct source *s, const void *data, size_t size);
void source_close(struct source *s);

/* size bytes at offset off; NULL when the input has fewer. In a pipe off never goes back before
 * what source_forget() let go. */
const uint8_t *source_at(struct source *s, uint64_t off, uint64_t size, struct sp_err *err);

/* Bytes that are there from off on, as far as is known: all of a file, what is read of a pipe. */
uint64_t source_left(const struct source *s, uint64_t off);

/* Nothing before off will be asked for again. */
void source_forget(struct source *s, uint64_t off);

#endif
