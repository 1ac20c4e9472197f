/*
 * Any bytes as the program that ran, with its unwind tables, and as its stack: unwinding ends, and
 * gives the sampled address and at most as many more as asked for. The last 4 bytes are where it
 * stood, the 256 before them its stack.
 */
#include "must.h"

#include "unwind.h"
#include "users.h"

#include <linux/perf_event.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define BASE	   0x400000ULL
#define STACK_AT   0x7fff00000000ULL
#define STACK_SIZE 256U
#define MAX	   64U
/* What perf records of x86-64: all but the segments. */
#define REGS   0xff0fffULL
#define NREGS  20U
#define REG_SP 7 /* PERF_REG_X86_SP, _IP (arch/x86/include/uapi/asm/perf_regs.h) */
#define REG_IP 8

static int as_file(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	MUST(fd >= 0);
	MUST(write(fd, data, size) == (ssize_t)size);
	return fd;
}

static void unwind_in(struct users *users, struct unwind *u, const uint8_t *tail, size_t size)
{
	uint64_t regs[NREGS], pcs[MAX];
	struct sp_user_regs r = { .abi = PERF_SAMPLE_REGS_ABI_64,
				  .mask = REGS,
				  .regs = regs,
				  .stack = tail,
				  .stack_size = STACK_SIZE };
	struct sp_frame frames[4];
	uint32_t at;
	size_t n;

	memcpy(&at, tail + STACK_SIZE, sizeof(at));
	for (size_t i = 0; i < NREGS; i++)
		regs[i] = STACK_AT + 8 * i;
	regs[REG_SP] = STACK_AT;
	regs[REG_IP] = BASE + at % size;
	n = unwind_frames(u, 1, 1, &r, pcs, MAX);
	MUST(n >= 1 && n <= MAX && pcs[0] == regs[REG_IP]);
	for (size_t i = 0; i < n; i++)
		MUST(users_frames(users, 1, 1, pcs[i], frames, 4) == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sp_err err = SP_ERR_INIT;
	struct sp_mapping m = { .pid = 1, .start = BASE, .build_id = "" };
	struct timespec now;
	struct users *users;
	struct unwind *u;
	char path[64];
	int fd;

	if (size < STACK_SIZE + 4 + 64 || size > 1 << 20)
		return 0;
	size -= STACK_SIZE + 4;
	fd = as_file(data, size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	clock_gettime(CLOCK_MONOTONIC, &now);
	m.path = path;
	m.len = size;
	if (users_new(&users, true, &err) || unwind_new(&u, users, &err))
		abort();
	users_set_live(users, true);
	MUST(users_map(users, &m, &err) == 0);
	/* Seen long after: the file did not change since. */
	MUST(users_frames(users, 1, (uint64_t)now.tv_sec * 1000000000 + 3600000000000, BASE,
			  &(struct sp_frame){ 0 }, 1) == 1);
	unwind_in(users, u, data + size, size);
	unwind_free(u);
	users_free(users);
	close(fd);
	return 0;
}
