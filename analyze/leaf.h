#ifndef LEAF_H
#define LEAF_H

/*
 * What the innermost function of a late sample says of the gap before it.
 *
 * A clock interrupt that was held back fires the moment interrupts come on: the sample then stands
 * in a function that switches them on. A host that paused the whole virtual CPU stops it anywhere.
 */
#include <sirqprof/resolver.h>
#include <sirqprof/stall.h>

enum leaf_class {
	LEAF_OTHER,    /* says nothing */
	LEAF_RELEASE,  /* interrupts come on here */
	LEAF_CLEARING, /* long page clearing or copying: where pauses of the host are met */
	LEAF_UNKNOWN,  /* no name */
};

/* Whether the function is the first of an interrupt: outside of it is what was interrupted. */
bool leaf_is_irq_entry(const char *name);

/* The same of an interrupt that no tracepoint tells of. */
bool leaf_is_unseen_irq_entry(const char *name);

/* Whether it is the function that runs the vectors: what is inside of it serves softirqs. */
bool leaf_is_softirqs(const char *name);

/* The vector (enum sp_vec) whose handler the function is, SP_NR_VECS for none. */
uint32_t leaf_vector(const char *name);

enum leaf_class leaf_of_name(const char *name);
enum leaf_class leaf_of(const struct sp_resolver *r, uint64_t addr);

#endif
