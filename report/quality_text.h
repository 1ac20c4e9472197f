#ifndef QUALITY_TEXT_H
#define QUALITY_TEXT_H

/*
 * The sentence and the remedy of every quality code: one table.
 */
#include <sirqprof/quality.h>

#include <stddef.h>

#define QUALITY_TEXT_LEN 512

/* "lost", "thinned" …: the code's name in JSON. Never NULL. */
const char *quality_code_name(uint32_t code);
const char *quality_severity_name(uint8_t severity);

/* The sentence with its numbers filled in. */
const char *quality_sentence(const struct sp_quality_row *row, char ret[QUALITY_TEXT_LEN]);

/* What to do about it; "" where nothing can be done. */
const char *quality_remedy(uint32_t code);

#endif
