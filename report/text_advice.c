#include "text.h"

#include <inttypes.h>

/*
 * What to do: a sentence for each mechanism that took time, about its first caller in the ranking.
 */

static bool counts(const struct sp_report *r, const struct sp_caller *c)
{
	return !r->spikes_given || c->explained_ns;
}

static const struct sp_caller *first_of(const struct sp_report *r, uint32_t mechanism)
{
	for (uint32_t i = 0; i < r->ncallers; i++)
		if (counts(r, &r->callers[i]) && r->callers[i].mechanisms >> mechanism & 1)
			return &r->callers[i];
	return NULL;
}

/* A vector of the CPU itself (its timer, a call from another CPU) cannot be moved away. */
static bool any_device_irq(const struct sp_report *r)
{
	for (uint32_t i = 0; i < r->nstalls; i++)
		if (r->stalls[i].mechanism == SP_MECH_HARDIRQ &&
		    r->stalls[i].irq.kind == SP_IRQ_DEVICE)
			return true;
	return false;
}

/* The kernel held a lock or switched something off, and somebody called it: the call can be left
 * out today, the kernel can be mended tomorrow. */
static void advise_off(const struct sp_caller *c, char para[TEXT_PARA_LEN])
{
	const struct sp_caller_task *task = c->ntasks ? &c->tasks[0] : NULL;

	if (task && task->file)
		text_add(para,
			 "have %s read %s less often, or not at all; newer kernels may hold the "
			 "lock shorter",
			 task->comm, task->file);
	else if (task && task->comm[0])
		text_add(para,
			 "keep %s off the CPUs that take packets, or have it do less of "
			 "this; newer kernels may hold the lock shorter",
			 task->comm);
	else
		text_add(para,
			 "find who calls the function named above; newer kernels may hold the "
			 "lock shorter");
}

/* Whether a real-time or deadline task kept the thread waiting: the priority is the kernel's
 * (include/linux/sched/prio.h: below 100). */
static bool any_real_time(const struct sp_report *r)
{
	for (uint32_t i = 0; i < r->nstalls; i++)
		for (uint32_t k = 0; k < r->stalls[i].nevidence; k++)
			if (r->stalls[i].mechanism == SP_MECH_KSOFTIRQD &&
			    r->stalls[i].evidence[k].kind == SP_EVID_HOG_CLASS &&
			    (int64_t)r->stalls[i].evidence[k].n[0] < 100)
				return true;
	return false;
}

static void advise_ksoftirqd(const struct sp_report *r, const struct sp_caller *c,
			     char para[TEXT_PARA_LEN])
{
	const struct sp_caller_task *task = c->ntasks ? &c->tasks[0] : NULL;
	const char *comm = task && task->comm[0] ? task->comm : "the task above";

	if (any_real_time(r))
		text_add(para,
			 "lower the scheduling class of %s (chrt -o -p 0 PID), or keep it off this "
			 "CPU",
			 comm);
	else if (task && task->file)
		text_add(para, "have %s read %s less often, or keep it off this CPU", comm,
			 task->file);
	else
		text_add(para, "keep %s off this CPU, or have it do less of this", comm);
}

static void advise(const struct sp_report *r, uint32_t mechanism, const struct sp_caller *c,
		   char para[TEXT_PARA_LEN])
{
	switch (mechanism) {
	case SP_MECH_IRQS_OFF:
	case SP_MECH_BH_OFF:
		advise_off(c, para);
		break;
	case SP_MECH_SOFTIRQ:
		text_add(para, "make the timer or handler above do less, or move it off the CPUs "
			       "that take packets");
		break;
	case SP_MECH_HARDIRQ:
		if (any_device_irq(r))
			text_add(para, "move the interrupt to another CPU "
				       "(/proc/irq/N/smp_affinity); look at its driver");
		else
			text_add(para,
				 "look at what the interrupt above runs; on a virtual machine "
				 "also at the host");
		break;
	case SP_MECH_KSOFTIRQD:
		advise_ksoftirqd(r, c, para);
		break;
	case SP_MECH_LOAD:
		text_add(para, "spread the packets (RSS, RPS), or drop the flood earlier");
		break;
	default:
		text_add(para, "look at the host: overcommitted CPUs, live migration, SMIs");
	}
}

void text_advice(const struct text *t)
{
	bool any = false;

	for (uint32_t m = SP_MECH_IRQS_OFF; m < SP_NR_MECHS; m++) {
		const struct sp_caller *c = first_of(t->r, m);
		char para[TEXT_PARA_LEN] = "";

		if (!c)
			continue;
		if (!any)
			text_heading(t, "What to do");
		any = true;
		fprintf(t->out, "  %-9s ", sp_mechanism_name(m));
		advise(t->r, m, c, para);
		text_para(t, 12, para);
	}
}
