/* symbolize/unwind: this process's own stack from registers and a copy of it, as a sample with
 * --call-graph dwarf carries. */
#include "unit.h"

#include "fakeself.h"
#include "unwind.h"

#include <asm/perf_regs.h>
#include <linux/perf_event.h>

struct snapshot {
	uint64_t regs[PERF_REG_X86_64_MAX];
	uint8_t stack[4 << 10];
};

#if defined(__x86_64__)
static struct snapshot snap;

__attribute__((noinline, no_sanitize("address"))) static void take_snapshot(void)
{
	uint64_t sp, top;

	__asm__ volatile("movq %%rbx, %0\n\tmovq %%rbp, %1\n\tmovq %%r12, %2\n\tmovq %%r13, %3\n\t"
			 "movq %%r14, %4\n\tmovq %%r15, %5\n\tmovq %%rsp, %6\n\t"
			 "leaq 0(%%rip), %%rax\n\tmovq %%rax, %7"
			 : "=m"(snap.regs[PERF_REG_X86_BX]), "=m"(snap.regs[PERF_REG_X86_BP]),
			   "=m"(snap.regs[PERF_REG_X86_R12]), "=m"(snap.regs[PERF_REG_X86_R13]),
			   "=m"(snap.regs[PERF_REG_X86_R14]), "=m"(snap.regs[PERF_REG_X86_R15]),
			   "=m"(snap.regs[PERF_REG_X86_SP]), "=m"(snap.regs[PERF_REG_X86_IP])
			 :
			 : "rax", "memory");
	sp = snap.regs[PERF_REG_X86_SP];
	top = sp + sizeof(snap.stack);
	for (uint64_t a = sp; a < top; a++)
		snap.stack[a - sp] = *(volatile uint8_t *)a; /* NOLINT */
}

__attribute__((noinline)) static void level_c(int n)
{
	char pad[300];

	memset(pad, n, sizeof(pad));
	take_snapshot();
	__asm__ volatile("" : : "r"(pad) : "memory");
}

__attribute__((noinline)) static void level_b(int n)
{
	level_c(n + 1);
	__asm__ volatile("");
}

__attribute__((noinline)) static void level_a(int n)
{
	level_b(n + 1);
	__asm__ volatile("");
}

static void unwinding(void **state)
{
	static const char *const want[] = { "take_snapshot", "level_c", "level_b", "level_a",
					    "unwinding" };
	sp_auto(symbols) s = own_symbols(true);
	const struct sp_resolver *r = symbols_resolver(s);
	struct sp_user_regs regs = {
		.abi = PERF_SAMPLE_REGS_ABI_64,
		/* All but the segments, which perf refuses. */
		.mask = 0xff0fffULL,
		.stack = snap.stack,
		.stack_size = sizeof(snap.stack),
	};
	uint64_t packed[24], ips[64];
	size_t n = 0;

	(void)state;
	level_a(1);
	for (int i = 0; i < 24; i++)
		if (regs.mask & 1ULL << i)
			packed[n++] = snap.regs[i];
	regs.regs = packed;
	for (int again = 0; again < 2; again++) {
		n = r->unwind(r->self, getpid(), now_ns(), &regs, ips, 64);
		assert_true(n > 5);
		for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
			/* Compilers append: level_c.constprop.0 */
			assert_memory_equal(frame_of(s, ips[i] - (i > 0)).name, want[i],
					    strlen(want[i]));
	}
	/* Registers without the stack: the one address that is sure. */
	regs.stack_size = 0;
	assert_int_equal(r->unwind(r->self, getpid(), now_ns(), &regs, ips, 64), 1);
	regs.abi = PERF_SAMPLE_REGS_ABI_NONE;
	assert_int_equal(r->unwind(r->self, getpid(), now_ns(), &regs, ips, 64), 0);
}

/* Of a process of which nothing is known: only the address of the registers is sure. */
static void strangers(void **state)
{
	static const uint64_t ip_sp[] = { 0x7ffd0000, 0x401000 };
	static uint8_t stack[256];
	struct sp_user_regs regs = {
		.abi = PERF_SAMPLE_REGS_ABI_64,
		.mask = 1ULL << PERF_REG_X86_SP | 1ULL << PERF_REG_X86_IP,
		.regs = ip_sp,
		.stack = stack,
		.stack_size = sizeof(stack),
	};
	struct users *users = NULL;
	struct unwind *u = NULL;
	uint64_t ips[64];

	(void)state;
	assert_int_equal(users_new(&users, true, &err), 0);
	assert_int_equal(unwind_new(&u, users, &err), 0);
	assert_int_equal(unwind_frames(u, 10, 5, &regs, ips, 64), 1);
	assert_int_equal(ips[0], 0x401000);
	/* No room, no instruction pointer, another kind of registers. */
	assert_int_equal(unwind_frames(u, 10, 5, &regs, ips, 0), 0);
	regs.mask = 1ULL << PERF_REG_X86_SP;
	assert_int_equal(unwind_frames(u, 10, 5, &regs, ips, 64), 0);
	regs.mask = 1ULL << PERF_REG_X86_IP;
	assert_int_equal(unwind_frames(u, 10, 5, &regs, ips, 64), 1);
	assert_int_equal(ips[0], ip_sp[0]);
	regs.abi = PERF_SAMPLE_REGS_ABI_32;
	assert_int_equal(unwind_frames(u, 10, 5, &regs, ips, 64), 0);
	unwind_forget(u, 10);
	unwind_forget(u, 11);
	unwind_free(u);
	unwind_free(NULL);
	users_free(users);
}

/* More processes than are kept: each is unwound all the same. */
static void very_many_processes(void **state)
{
	static const uint64_t ip[] = { 0x401000 };
	const struct sp_user_regs regs = { .abi = PERF_SAMPLE_REGS_ABI_64,
					   .mask = 1ULL << PERF_REG_X86_IP,
					   .regs = ip };
	struct users *users = NULL;
	struct unwind *u = NULL;
	uint64_t ips[4];

	(void)state;
	assert_int_equal(users_new(&users, true, &err), 0);
	assert_int_equal(unwind_new(&u, users, &err), 0);
	for (int32_t pid = 1; pid < 2000; pid++)
		assert_int_equal(unwind_frames(u, pid, 5, &regs, ips, 4), 1);
	unwind_free(u);
	users_free(users);
}
#endif

int main(void)
{
#if defined(__x86_64__)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unwinding),
		cmocka_unit_test(strangers),
		cmocka_unit_test(very_many_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
#else
	return 77;
#endif
}
