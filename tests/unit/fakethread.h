#ifndef FAKETHREAD_H
#define FAKETHREAD_H

/* Kernel threads on the CPUs of fakecpu.h: woken, switched to and from, by name. */
#include "fakecpu.h"

static inline sp_str fake_str(struct fakecpu *w, const char *text)
{
	struct sp_err err = SP_ERR_INIT;
	sp_str id = 0;

	assert_int_equal(strings_add(w->strings, text, strlen(text), &id, &err), 0);
	return id;
}

/* What a thread is called. */
static inline void named(struct fakecpu *w, uint64_t us, const char *comm, int32_t tid)
{
	struct sp_event e = event(w, us, SP_EV_COMM);
	struct sp_err err = SP_ERR_INIT;

	e.pid = e.tid = tid;
	e.task.comm = fake_str(w, comm);
	assert_int_equal(tasks_put(w->tasks, &e, &err), 0);
}

/* Woken on its own CPU, in the context of whoever runs there. */
static inline void wake(struct fakecpu *w, uint64_t us, const char *comm, int32_t tid)
{
	struct sp_event e = event(w, us, SP_EV_WAKE);

	e.sched.next_tid = tid;
	e.sched.next_comm = fake_str(w, comm);
	e.sched.target_cpu = w->cpu;
	put(w, e);
}

/* prev (of this priority, preempted or asleep) makes room for next, which runs from then on. */
static inline void switch_from(struct fakecpu *w, uint64_t us, const char *prev, int32_t prev_tid,
			       int32_t prio, bool preempted, const char *next, int32_t next_tid)
{
	struct sp_event e = event(w, us, SP_EV_SWITCH);

	e.tid = prev_tid;
	e.sched.prev_comm = fake_str(w, prev);
	e.sched.prev_prio = prio;
	e.sched.prev_runnable = preempted;
	e.sched.next_comm = fake_str(w, next);
	e.sched.next_tid = next_tid;
	put(w, e);
	w->tid = next_tid;
}

static inline const struct sp_evidence *evidence(const struct sp_stall *s,
						 enum sp_evidence_kind kind)
{
	for (uint32_t i = 0; i < s->nevidence; i++)
		if (s->evidence[i].kind == kind)
			return &s->evidence[i];
	return NULL;
}

#endif
