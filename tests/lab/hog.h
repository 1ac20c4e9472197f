#ifndef HOG_H
#define HOG_H

/*
 * What the starving BPF programs and the program that loads them share.
 */

/* What to do next, in the one slot of the map "orders": written by the loader, taken by the program
 * (which sets spin_ns to 0 when it begins). */
struct hog_order {
	unsigned long long spin_ns; /* how long; 0: nothing to do */
	unsigned int cpu;	    /* where */
	unsigned int tid;	    /* in which task; 0: in any */
	unsigned int keeps;	    /* the thread that polls the packets; 0: none */
	unsigned long long keep_ns; /* of hog_slow: how long it keeps them from the CPU */
	char comm[16];		    /* of tid, for a program that may not ask */
};

/* One stall as the hog itself saw it: the truth. Times are CLOCK_MONOTONIC (bpf_ktime_get_ns). */
struct hog_truth {
	unsigned long long begin_ns, end_ns;
	unsigned long long function; /* address of the kernel function it stands in for; 0: none */
	unsigned int cpu;
	unsigned int tid;
	char comm[16];
};

/* Steps of one bpf_loop(): each looks at the clock once, so this bounds a spin, not its length. */
#define HOG_MAX_STEPS (1 << 23)

#endif
