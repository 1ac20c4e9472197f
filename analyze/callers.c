#include "callers.h"

/* The part of a chain that may be blamed: at[lo .. hi). */
struct part {
	const struct frame *const *at;
	uint32_t lo, hi;
	uint64_t ns;
};

static bool is_boundary(const struct frame *f)
{
	return f->plumbing == PLUMB_IRQ || f->plumbing == PLUMB_SOFTIRQ;
}

/* Innermost frame of a class in at[lo .. hi); hi when there is none. */
static uint32_t last_of(const struct part *p, enum plumbing what)
{
	for (uint32_t i = p->hi; i-- > p->lo;)
		if (p->at[i]->plumbing == what)
			return i;
	return p->hi;
}

/* A task holds the CPU: what interrupted it for a moment is not to blame. */
static bool task_part(struct part *p)
{
	for (uint32_t i = p->lo; i < p->hi; i++)
		if (is_boundary(p->at[i])) {
			p->hi = i;
			break;
		}
	return p->hi > p->lo;
}

/* What runs inside the innermost softirq; interrupts on top of it are not to blame. */
static bool softirq_part(struct part *p)
{
	uint32_t at = last_of(p, PLUMB_SOFTIRQ);

	if (at == p->hi)
		return false;
	p->lo = at + 1;
	return task_part(p);
}

/* What runs inside the innermost hard interrupt, unless that has got to its softirqs. */
static bool hardirq_part(struct part *p)
{
	uint32_t at = last_of(p, PLUMB_IRQ), soft = last_of(p, PLUMB_SOFTIRQ);

	if (at == p->hi || (soft != p->hi && soft > at))
		return false;
	p->lo = at + 1;
	return p->hi > p->lo;
}

/* Interrupts are off in whatever runs innermost. */
static bool innermost_part(struct part *p)
{
	for (uint32_t i = p->hi; i-- > p->lo;)
		if (is_boundary(p->at[i])) {
			p->lo = i + 1;
			break;
		}
	return p->hi > p->lo;
}

static bool inside(struct part *p, const struct frame *from)
{
	for (uint32_t i = p->lo; i < p->hi; i++)
		if (p->at[i] == from) {
			p->lo = i;
			return true;
		}
	return false;
}

static bool part_of(enum sp_mechanism mechanism, const struct callers_stack *s,
		    const struct frame *from, struct part *ret)
{
	bool kernel = s->chain.n > s->chain.nuser;

	*ret = (struct part){
		.at = s->chain.at,
		.lo = kernel ? s->chain.nuser : 0,
		.hi = s->chain.n,
		.ns = s->ns,
	};
	if (!s->chain.n)
		return false;
	if (from)
		return inside(ret, from);
	switch (mechanism) {
	case SP_MECH_SOFTIRQ:
	case SP_MECH_LOAD:
		return softirq_part(ret);
	case SP_MECH_HARDIRQ:
		return hardirq_part(ret);
	case SP_MECH_BH_OFF:
	case SP_MECH_KSOFTIRQD:
		return task_part(ret);
	default:
		return innermost_part(ret);
	}
}

static bool has(const struct part *p, const struct frame *f)
{
	for (uint32_t i = p->lo; i < p->hi; i++)
		if (p->at[i] == f)
			return true;
	return false;
}

/* f holds so much of the time that it may stand for all of it. */
static bool holds(const struct part *parts, uint32_t n, uint64_t total, const struct frame *f)
{
	uint64_t ns = 0;

	for (uint32_t i = 0; i < n; i++)
		if (has(&parts[i], f))
			ns += parts[i].ns;
	return (double)ns >= CALLERS_SHARE * (double)total;
}

/* Nothing but plumbing: the innermost dispatch still says more than nothing. */
static const struct frame *last_resort(const struct part *p)
{
	for (uint32_t i = p->hi; i-- > p->lo;)
		if (p->at[i]->plumbing == PLUMB_DISPATCH || p->at[i]->plumbing == PLUMB_IDLE)
			return p->at[i];
	for (uint32_t i = p->hi; i-- > p->lo;)
		if (p->at[i]->plumbing == PLUMB_LEAF)
			return p->at[i];
	return NULL;
}

static void pick(const struct part *parts, uint32_t n, const struct part *heavy,
		 const struct frame *from, struct callers *ret)
{
	const struct frame *outermost = NULL, *landmark = NULL;
	uint64_t total = 0;

	for (uint32_t i = 0; i < n; i++)
		total += parts[i].ns;
	for (uint32_t i = heavy->lo; i < heavy->hi; i++) {
		const struct frame *f = heavy->at[i];

		if (f->plumbing != PLUMB_NONE && f != from)
			continue;
		if (!outermost)
			outermost = f;
		if (!holds(parts, n, total, f))
			continue;
		if (!ret->entry)
			ret->entry = f;
		if (!landmark && f->landmark)
			landmark = f;
		ret->caller = f;
	}
	if (landmark)
		ret->entry = landmark;
	if (!ret->entry)
		ret->entry = outermost ? outermost : last_resort(heavy);
	if (!ret->caller)
		ret->caller = ret->entry;
}

void callers_find(enum sp_mechanism mechanism, const struct callers_stack *stacks, uint32_t n,
		  const struct frame *from, struct callers *ret)
{
	struct part parts[SP_MAX_STALL_SHARES];
	const struct part *heavy = NULL;
	uint32_t count = 0;

	*ret = (struct callers){ 0 };
	for (uint32_t i = 0; i < n && count < SP_MAX_STALL_SHARES; i++) {
		if (!part_of(mechanism, &stacks[i], from, &parts[count]))
			continue;
		if (!heavy || parts[count].ns > heavy->ns) {
			heavy = &parts[count];
			ret->heaviest = &stacks[i];
		}
		count++;
	}
	if (heavy)
		pick(parts, count, heavy, from, ret);
}
