#ifndef FAKEPACKETS_H
#define FAKEPACKETS_H

/* NET_RX on the CPUs of fakecpu.h. */
#include "fakethread.h"

/* NET_RX runs of so many us with pauses of so many, from START on. */
static inline void net_rx_runs(struct fakecpu *w, uint64_t from, uint32_t n, uint64_t run,
			       uint64_t pause)
{
	uint64_t tick_at = from;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t at = from + i * (run + pause);

		vec(w, at, SP_EV_RAISE, SP_VEC_NET_RX);
		vec(w, at, SP_EV_ENTRY, SP_VEC_NET_RX);
		for (; tick_at < at + run; tick_at += STEP)
			tick(w, tick_at < at ? at : tick_at, SP_TF_SOFTIRQ,
			     "u:a;handle_softirqs;net_rx_action;ip_rcv");
		vec(w, at + run, SP_EV_EXIT, SP_VEC_NET_RX);
	}
}

#endif
