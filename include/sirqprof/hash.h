#ifndef SIRQPROF_HASH_H
#define SIRQPROF_HASH_H

/*
 * Hashes of keys that a recording may choose. Were they the same in every run, somebody could make
 * a recording whose keys all meet in one slot, and each look-up would search through all of them.
 * So they depend on where the program lies in memory, which is drawn at its start; nothing that is
 * put out may depend on them.
 */
#include <stddef.h>
#include <stdint.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

static inline uint64_t sp_hash(const void *key, size_t len)
{
	static const char here;

	return XXH3_64bits_withSeed(key, len, (uintptr_t)&here);
}

#endif
