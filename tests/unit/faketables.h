#ifndef FAKETABLES_H
#define FAKETABLES_H

/* Files of MANY symbols, and their tables: setup, begin and end are the group's setup, each test's
 * setup and teardown. */
#include "fakeelf.h"
#include "tempdir.h"

#include "elftables.h"

#include <fcntl.h>

#define MANY 1000U /* symbols of a table */
#define SIZE 16U   /* bytes of each in memory */

static struct elftables all;
static struct fakesym many[MANY];
static char names[MANY][24];

static inline int setup(void **state)
{
	for (uint32_t i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), i % 2 ? "_ZN3foo5f%04uEv" : "f%04u@@V_1", i);
		many[i] = (struct fakesym){ .start = FAKEELF_AT + 64 * i,
					    .size = 64,
					    .name = names[i] };
	}
	return tempdir_make(state);
}

static inline int begin(void **state)
{
	(void)state;
	elftables_init(&all);
	return 0;
}

static inline int end(void **state)
{
	(void)state;
	/* Whoever frees its files leaves nothing. */
	assert_int_equal(all.bytes, 0);
	assert_int_equal(all.nspans, 0);
	assert_null(all.oldest);
	elftables_free(&all);
	return 0;
}

static inline void budget(size_t bytes)
{
	all.most_bytes = all.grown_bytes = bytes;
}

static inline const char *make(const char *name, const struct fakeelf *e)
{
	const char *path = in_tempdir(name);

	fakeelf_write(path, e);
	return path;
}

static inline const char *make_many(const char *name, char id)
{
	return make(name, &(struct fakeelf){ .syms = many, .n = MANY, .id = id });
}

static inline void load(struct elftable *t, const char *path)
{
	const struct sp_mapping m = { .path = path, .build_id = "" };
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	*t = (struct elftable){ 0 };
	assert_true(fd >= 0);
	assert_true(elftable_read(&all, t, &m, fd));
}

static inline const char *ask(struct elftable *t, uint32_t i)
{
	uint64_t start = 0;
	const char *name = elftable_find(&all, t, FAKEELF_AT + 64 * i + 63, &start);

	assert_true(!name || start == FAKEELF_AT + 64 * i);
	return name;
}

static inline void is(struct elftable *t, uint32_t i)
{
	char name[24];

	snprintf(name, sizeof(name), i % 2 ? "foo::f%04u" : "f%04u", i);
	assert_non_null(ask(t, i));
	/* The fake ones of C++ count their letters rightly. */
	assert_string_equal(ask(t, i), name);
}

/* What was asked for is looked up anew. */
static inline void forget(struct elftable *t)
{
	elfspans_free(&t->spans, &all.nspans);
}

#endif
