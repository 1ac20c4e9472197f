#ifndef AMOUNT_H
#define AMOUNT_H

/*
 * Amounts as people write them on a command line. All return false for what is none, is negative or
 * does not fit, and set the result on success only.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One duration such as "10ms", "2s", "1.5", "3m" in ns; a bare number counts bare_ns each. */
bool amount_duration(const char *text, uint64_t bare_ns, uint64_t *ret_ns);

/* One size such as "64M", "512k", "1GiB" in bytes; K, M, G, T count 1024 each. */
bool amount_size(const char *text, uint64_t *ret_bytes);

/* A whole number, decimal. */
bool amount_number(const char *text, uint64_t *ret);

/* "1ms", "500us", "2s": the largest unit in which it is whole. */
void amount_text(char *to, size_t size, uint64_t ns);

/* "64k", "1M", "1G": likewise, of bytes. */
void amount_size_text(char *to, size_t size, uint64_t bytes);

#endif
