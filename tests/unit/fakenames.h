#ifndef FAKENAMES_H
#define FAKENAMES_H

/*
 * A resolver for tests: stacks are written as text, "outermost;…;innermost", and every name gets an
 * address of its own. "u:name" is a user frame.
 */
#include "stacks.h"

#include <sirqprof/resolver.h>

#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>

#define FAKE_MAX    512
#define FAKE_KERNEL 0xffffffff81000000ULL
#define FAKE_USER   0x400000ULL
#define FAKE_SIZE   0x1000ULL

static char fake_names[FAKE_MAX][64];
static uint32_t fake_count;

static uint64_t fake_addr(const char *name, size_t len, bool user)
{
	uint32_t i;

	for (i = 0; i < fake_count; i++)
		if (strlen(fake_names[i]) == len && memcmp(fake_names[i], name, len) == 0)
			break;
	if (i == fake_count) {
		if (fake_count == FAKE_MAX || len >= sizeof(fake_names[0]))
			abort();
		memcpy(fake_names[fake_count], name, len);
		fake_names[fake_count++][len] = 0;
	}
	return (user ? FAKE_USER : FAKE_KERNEL) + i * FAKE_SIZE;
}

static size_t fake_lookup(uint64_t pc, uint64_t base, struct sp_frame *ret)
{
	uint64_t i = (pc - base) / FAKE_SIZE;

	if (pc < base || i >= fake_count)
		*ret = (struct sp_frame){ .name = "[unknown]", .module = "" };
	else
		*ret = (struct sp_frame){ .name = fake_names[i], .module = "", .known = true };
	return 1;
}

static size_t fake_kernel(void *self, uint64_t pc, struct sp_frame *ret, size_t max)
{
	(void)self;
	(void)max;
	return fake_lookup(pc, FAKE_KERNEL, ret);
}

static size_t fake_user(void *self, int32_t pid, uint64_t time_ns, uint64_t pc,
			struct sp_frame *ret, size_t max)
{
	(void)self;
	(void)pid;
	(void)time_ns;
	(void)max;
	return fake_lookup(pc, FAKE_USER, ret);
}

static const struct sp_resolver fake_resolver = { .kernel = fake_kernel, .user = fake_user };

/* The address of a function, as a tracepoint gives it. */
static inline uint64_t fake_func(const char *name)
{
	return fake_addr(name, strlen(name), false);
}

/* The recorded chain of a stack written as text: return addresses stand inside the function. */
static inline sp_stack fake_stack(struct stacks *stacks, const char *text)
{
	uint64_t kernel[64], user[64], chain[130];
	uint32_t nk = 0, nu = 0, n = 0;
	struct sp_err err = SP_ERR_INIT;
	sp_stack ret = 0;

	while (*text) {
		size_t len = strcspn(text, ";");

		if (len > 2 && strncmp(text, "u:", 2) == 0)
			user[nu++] = fake_addr(text + 2, len - 2, true) + 8;
		else
			kernel[nk++] = fake_addr(text, len, false) + 8;
		text += len + (text[len] == ';');
	}
	chain[n++] = (uint64_t)PERF_CONTEXT_KERNEL;
	while (nk)
		chain[n++] = kernel[--nk];
	chain[n++] = (uint64_t)PERF_CONTEXT_USER;
	while (nu)
		chain[n++] = user[--nu];
	if (stacks_add(stacks, chain, n, false, &ret, &err))
		abort();
	return ret;
}

#endif
