#ifndef WAY_H
#define WAY_H

/*
 * A way to starve a CPU: what hog.c runs. To add one, write a file with a `const struct way` and
 * put it into the table in ways.c; tests/lab/ways.py says how it is run and scored.
 */
#include "hog.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct bpf_object;
struct bpf_program;
struct bpf_link;
struct ring_buffer;

/* An innocent process beside the hog, on its CPU. */
enum beside {
	BESIDE_NOBODY,
	BESIDE_BEFORE, /* runs until the hog does, then ends */
	BESIDE_AFTER,  /* runs the moment the hog is done */
	BESIDE_READER, /* reads a fast file all the time */
};

struct hog {
	const struct way *way;
	unsigned int cpu, count, seed, short_every;
	double min_ms, max_ms, pause_ms;
	enum beside beside;
	const char *pin;
	char object_file[512];
	/* bpfload.c */
	struct bpf_object *object;
	struct bpf_program *program;
	struct bpf_link *link;
	struct ring_buffer *ring;
	volatile struct hog_order *order;
	const char *pinned;
	char path[64];
	pid_t reader; /* of BESIDE_READER */
};

struct way {
	const char *name;
	const char *mechanism; /* what a report should say, as it spells it */
	/* The function names that would be right, separated by commas: written down before any run.
	 */
	const char *accept;
	const char *program;	      /* of the BPF object; NULL: none */
	const char *more_programs[2]; /* loaded with it, attached by the way itself; NULL: none */
	uint64_t least_ns;	      /* what is shorter is printed as busy, not as truth */
	bool nobodys; /* it runs on anybody's back: a report that names a task is wrong */
	/* Prepares; calls hog_skip() where this machine cannot. NULL: nothing to do. */
	void (*open)(struct hog *h);
	/* Starves the CPU once, for ns, and prints its truth (hog_truth(), or by the BPF program).
	 */
	void (*starve)(struct hog *h, uint64_t ns);
	void (*close)(struct hog *h); /* NULL: nothing to do */
};

/* The ways that there are; NULL: unknown. The list ends in NULL. */
extern const struct way *const hog_ways[];
const struct way *hog_way(const char *name);

/* Prints "skip: why" to stderr and ends with 77. */
_Noreturn void hog_skip(const char *why);

/* True once the hog was asked to end. */
bool hog_stopped(void);
void hog_sleep_ns(uint64_t ns);
uint64_t hog_now_ns(void); /* CLOCK_MONOTONIC */
void hog_pin_to_cpu(unsigned int cpu);

/* One truth line on stdout. The hog's accepted names are printed, and those of t->function. */
void hog_print_truth(const struct hog *h, const struct hog_truth *t);

/* bpfload.c: another BPF object than hog.bpf.o, from NAME.bpf.c. */
void hog_use_object(struct hog *h, const char *name);
/* Loads h->way->program of the BPF object, with its order and its truths. */
void hog_load(struct hog *h);
void hog_attach(struct hog *h);
/* Pins what is attached: an iterator, which becomes a file. */
void hog_pin(struct hog *h);
void hog_unload(struct hog *h);
/* Prints the truths that the program has logged. */
void hog_collect(struct hog *h);
/* Waits until the order was taken and is done, a second at most; false: nobody took it. */
bool hog_await(struct hog *h, uint64_t ns);

/*
 * beside.c: a child on the CPU that does act() and ends, with the innocent that h->beside asks for.
 * Returns when both are done.
 */
void hog_in_child(struct hog *h, void (*act)(struct hog *h));
/* The same, of a program that spins ns for the task in order->tid alone: nobody's until the child
 * puts its own there. Then what it wrote down is taken. */
void hog_in_told_child(struct hog *h, uint64_t ns, void (*act)(struct hog *h));
/* Starts and ends the innocent that reads all the time, when there is one. */
void hog_beside_begin(struct hog *h);
void hog_beside_end(struct hog *h);

#endif
