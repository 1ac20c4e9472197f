#ifndef HOG_H
#define HOG_H

/*
 * What the starving BPF programs and the program that loads them share.
 */

/* One stall as the hog itself saw it: the truth. Times are CLOCK_MONOTONIC (bpf_ktime_get_ns). */
struct hog_truth {
	unsigned long long begin_ns, end_ns;
	unsigned int cpu;
	unsigned int tid;
	char comm[16];
};

/* Steps of one bpf_loop(): each looks at the clock once, so this bounds a spin, not its length. */
#define HOG_MAX_STEPS (1 << 23)

#endif
