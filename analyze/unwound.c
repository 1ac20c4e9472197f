#include "unwound.h"

#include <sirqprof/limits.h>

#include <linux/perf_event.h>

#define MAX_UNWOUND 256

/* Registers have numbers of their own on every architecture: what was recorded elsewhere can be
 * unwound on its like only. Our own recordings tell theirs, as perf's do. */
static bool is_our_arch(const char *arch)
{
#if defined(__x86_64__)
	return !arch[0] || strcmp(arch, "x86_64") == 0;
#elif defined(__aarch64__)
	return !arch[0] || strcmp(arch, "aarch64") == 0;
#else
	(void)arch;
	return false;
#endif
}

bool unwound_can(const struct decode_parts *parts, const char *arch, const struct raw_sample *s,
		 const struct sp_record *r)
{
	return s->stack_size && s->user_regs && !r->swap && is_our_arch(arch) && parts->resolver &&
	       parts->resolver->unwind;
}

/* User frames unwound from the copy of the stack, appended to the recorded chain. */
int unwound_add(const struct decode_parts *parts, const struct attr *a, const struct raw_sample *s,
		const struct sp_record *r, sp_stack *ret, struct sp_err *err)
{
	const struct sp_resolver *res = parts->resolver;
	uint64_t regs[64], chain[SP_MAX_CHAIN + MAX_UNWOUND + 1];
	uint32_t n = s->nchain < SP_MAX_CHAIN ? s->nchain : SP_MAX_CHAIN;
	struct sp_user_regs user = {
		.abi = s->user_abi,
		.mask = a->sample_regs_user,
		.regs = regs,
		.stack = s->stack,
		.stack_size = s->stack_size,
	};

	memcpy(regs, s->user_regs, 8U * (unsigned int)__builtin_popcountll(user.mask));
	memcpy(chain, s->chain ? (const void *)s->chain : regs, n * 8U);
	chain[n++] = (uint64_t)PERF_CONTEXT_USER;
	n += (uint32_t)res->unwind(res->self, (int32_t)s->pid, s->time_ns, &user, chain + n,
				   MAX_UNWOUND);
	return stacks_add(parts->stacks, chain, n, r->swap, ret, err);
}
