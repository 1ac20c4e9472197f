#ifndef UNITS_H
#define UNITS_H

/*
 * Numbers as people read them, and text that cannot harm a terminal.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Long enough for every one of them. */
#define UNITS_LEN 48

/* "312 ns", "45.0 us", "12.3 ms", "1.52 s". */
const char *units_duration(char ret[UNITS_LEN], uint64_t ns);

/* ISO 8601 in UTC with milliseconds (digits 3) or nanoseconds (9); "unknown" for INT64_MIN. */
const char *units_time(char ret[UNITS_LEN], int64_t real_ns, int digits);

/* "97 %" */
const char *units_percent(char ret[UNITS_LEN], double share);

/* Text of others (comm, path, label) with control and invalid bytes shown as \xNN. */
void units_text(FILE *out, const char *text);

/* Columns that units_text() of it takes, a character a column. */
size_t units_width(const char *text);

/* Bytes of a valid UTF-8 sequence at text, 1 to 4; 0 when it is none. */
size_t units_utf8(const char *text);

#endif
