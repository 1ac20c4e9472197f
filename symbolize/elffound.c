#include "elffound.h"

#include <sirqprof/limits.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <uthash.h>

#define KEY_ROOM (SP_MAX_STRING + 32)
/* A report looks at everything at once; whoever records for hours meets files that were replaced.
 */
#define HOLDS_S 10

struct found {
	UT_hash_handle hh;
	struct elffile *file;
	uint64_t time_ns; /* of the oldest mapping that it was the file of */
	time_t until;	  /* CLOCK_MONOTONIC: then it is looked for again */
	char key[];
};

bool elffound_gone(struct elffound *f, int32_t pid)
{
	char path[32];

	if (f->gone && f->gone == pid)
		return true;
	snprintf(path, sizeof(path), "/proc/%" PRId32, pid);
	if (access(path, F_OK) == 0)
		return false;
	f->gone = pid;
	return true;
}

static time_t now(void)
{
	struct timespec ts;

	return clock_gettime(CLOCK_MONOTONIC, &ts) ? 0 : ts.tv_sec;
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

	if (!found) {
		found = calloc(1, sizeof(*found) + strlen(key) + 1);
		if (!found)
			return;
		memcpy(found->key, key, strlen(key) + 1);
		HASH_ADD_KEYPTR(hh, f->table, found->key, strlen(found->key), found);
	}
	found->file = file;
	found->time_ns = time_ns;
	found->until = now() + HOLDS_S;
}

void elffound_free(struct elffound *f)
{
	struct found *found, *next;

	HASH_ITER (hh, f->table, found, next) {
		HASH_DEL(f->table, found);
		free(found);
	}
}
