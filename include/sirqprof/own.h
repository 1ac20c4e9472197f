#ifndef SIRQPROF_OWN_H
#define SIRQPROF_OWN_H

/*
 * Ownership that is visible: a local that frees itself, and the hand-over of one.
 *
 *	sp_auto(spikes) s = calloc(1, sizeof(*s));	freed at the end of the scope ...
 *	*ret = sp_take(s);				... unless it was handed over
 */
#include <stdlib.h>

#define sp_auto(name) __attribute__((cleanup(name##_freep))) struct name *

#define sp_take(p)                          \
	__extension__({                     \
		__typeof__(p) taken_ = (p); \
		(p) = NULL;                 \
		taken_;                     \
	})

/* Defines name_freep() for sp_auto(name) from name_free(). */
#define SP_DEFINE_FREEP(name)                            \
	static inline void name##_freep(struct name **p) \
	{                                                \
		name##_free(*p);                         \
	}                                                \
	struct name

static inline void sp_freep(void *p)
{
	free(*(void **)p);
}

/* For plain malloc()ed memory: sp_auto_free char *line = NULL; */
#define sp_auto_free __attribute__((cleanup(sp_freep)))

#endif
