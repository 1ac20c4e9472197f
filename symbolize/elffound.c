#include "elffound.h"

#include <sirqprof/limits.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <uthash.h>

#define KEY_ROOM (SP_MAX_STRING + 32)
/* A report asks for everything at once; whoever records for hours meets files that were replaced.
 */
#define HOLDS_NS 1000000000ULL
/* Some thousand files; past it all are looked for again. */
#define MAX_BYTES (1U << 20)

struct found {
	UT_hash_handle hh;
	struct elffile *file;
	uint64_t time_ns; /* of the oldest mapping that it was the file of */
	uint64_t until;	  /* CLOCK_MONOTONIC, ns: then it is looked for again */
	char key[];
};

bool elffound_gone(int32_t pid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%" PRId32, pid);
	return access(path, F_OK) != 0;
}

static uint64_t now(void)
{
	struct timespec ts;

	return clock_gettime(CLOCK_MONOTONIC, &ts)
		       ? UINT64_MAX
		       : (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static struct found *by_key(const struct elffound *f, const struct sp_mapping *m,
			    char key[KEY_ROOM])
{
	struct found *found;

	snprintf(key, KEY_ROOM, "%" PRIu64 " %s", m->ino, m->path);
	HASH_FIND_STR(f->table, key, found);
	return found;
}

struct elffile *elffound_get(const struct elffound *f, const struct sp_mapping *m)
{
	char key[KEY_ROOM];
	const struct found *found = by_key(f, m, key);

	return found && found->time_ns <= m->time_ns && now() < found->until ? found->file : NULL;
}

void elffound_note(struct elffound *f, const struct sp_mapping *m, uint64_t time_ns,
		   struct elffile *file)
{
	char key[KEY_ROOM];
	struct found *found = by_key(f, m, key);
	size_t size = sizeof(*found) + strlen(key) + 1;

	if (!found) {
		if (f->bytes + size > MAX_BYTES)
			elffound_free(f);
		found = calloc(1, size);
		if (!found)
			return;
		memcpy(found->key, key, strlen(key) + 1);
		HASH_ADD_KEYPTR(hh, f->table, found->key, strlen(found->key), found);
		f->bytes += size;
	}
	found->file = file;
	found->time_ns = time_ns;
	found->until = now() + HOLDS_NS;
}

void elffound_free(struct elffound *f)
{
	struct found *found, *next;

	HASH_ITER (hh, f->table, found, next) {
		HASH_DEL(f->table, found);
		free(found);
	}
	f->bytes = 0;
}
