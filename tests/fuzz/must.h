#ifndef MUST_H
#define MUST_H

/* What a fuzz target states; unlike assert() it holds in every build. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define MUST(what)                                                                         \
	do {                                                                               \
		if (!(what)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #what); \
			abort();                                                           \
		}                                                                          \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
