/* The table of the ways to starve a CPU. */
#include "way.h"

#include <string.h>

/* way_irqs.c */
extern const struct way way_irqs_off, way_irqs_off_write, way_irqs_off_kthread, way_irqs_off_wake;
extern const struct way way_bh_off, way_bh_off_close;			 /* way_bh.c */
extern const struct way way_softirq, way_napi, way_hrtimer, way_hardirq; /* way_soft.c */
extern const struct way way_wait_fifo, way_wait_syscall;		 /* way_wait.c */
extern const struct way way_load, way_load_thread;			 /* way_load.c */
extern const struct way way_flood_fifo, way_flood_syscall;		 /* way_flood.c */
extern const struct way way_task_delay;					 /* way_reclaim.c */
extern const struct way way_watch;					 /* way_watch.c */

const struct way *const hog_ways[] = {
	&way_irqs_off,
	&way_irqs_off_write,
	&way_irqs_off_kthread,
	&way_irqs_off_wake,
	&way_bh_off,
	&way_bh_off_close,
	&way_softirq,
	&way_napi,
	&way_hrtimer,
	&way_hardirq,
	&way_wait_fifo,
	&way_wait_syscall,
	&way_flood_fifo,
	&way_flood_syscall,
	&way_load,
	&way_load_thread,
	&way_task_delay,
	&way_watch,
	NULL,
};

const struct way *hog_way(const char *name)
{
	for (size_t i = 0; hog_ways[i]; i++)
		if (strcmp(hog_ways[i]->name, name) == 0)
			return hog_ways[i];
	return NULL;
}
