/*
 * A CPU-bound loop of so many rounds: loop ROUNDS
 * Nothing but registers, so that what it takes is the CPU's time and what others take of it.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000, x = 1;

	for (uint64_t i = 0; i < n; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
	}
	printf("%" PRIu64 "\n", x);
	return 0;
}
