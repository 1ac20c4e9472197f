#ifndef INLINED_H
#define INLINED_H

/* A call of which debug information knows two functions at one address: inlined_part in outer_part.
 */
#include <stdint.h>

__attribute__((noinline)) static uint64_t called_from(void)
{
	__asm__ volatile("");
	return (uint64_t)(uintptr_t)__builtin_return_address(0);
}

static inline __attribute__((always_inline)) uint64_t inlined_part(void)
{
	uint64_t at = called_from();

	__asm__ volatile("" : "+r"(at));
	return at;
}

/* Returns 1 more than an address in inlined_part. */
__attribute__((noinline)) static uint64_t outer_part(void)
{
	return inlined_part() + 1;
}

#endif
