/* analyze/names: stack ids into named frames, outermost first, each asked for once. */
#include "unit.h"

#include "fakenames.h"
#include "names.h"

struct world {
	struct stacks *stacks;
	struct arena *arena;
	struct names *names;
	struct sp_resolver resolver;
};

static uint32_t asked;
static uint64_t life_now;

static size_t counted_kernel(void *self, uint64_t pc, struct sp_frame *ret, size_t max)
{
	asked++;
	return fake_kernel(self, pc, ret, max);
}

static size_t counted_user(void *self, int32_t pid, uint64_t time_ns, uint64_t pc,
			   struct sp_frame *ret, size_t max)
{
	asked++;
	return fake_user(self, pid, time_ns, pc, ret, max);
}

static uint64_t life(void *self, int32_t pid, uint64_t time_ns)
{
	(void)self;
	(void)pid;
	(void)time_ns;
	return life_now;
}

static void begin(struct world *w, bool resolver)
{
	struct sp_err err = SP_ERR_INIT;

	asked = 0;
	life_now = 0;
	w->resolver = (struct sp_resolver){ .kernel = counted_kernel,
					    .user = counted_user,
					    .life = life };
	assert_int_equal(stacks_new(&w->stacks, &err), 0);
	assert_int_equal(arena_new(&w->arena, &err), 0);
	assert_int_equal(
		names_new(&w->names, w->stacks, resolver ? &w->resolver : NULL, w->arena, &err), 0);
}

static void end(struct world *w)
{
	names_free(w->names);
	arena_free(w->arena);
	stacks_free(w->stacks);
}

static struct chain chain(struct world *w, sp_stack id, int32_t pid)
{
	struct sp_err err = SP_ERR_INIT;
	struct chain c;

	assert_int_equal(names_chain(w->names, id, pid, 5, &c, &err), 0);
	return c;
}

static void outermost_first(void **state)
{
	struct world w;
	struct chain c;

	(void)state;
	begin(&w, true);
	c = chain(&w, fake_stack(w.stacks, "u:main;u:run;vfs_read;s_show"), 10);
	assert_int_equal(c.n, 4);
	assert_int_equal(c.nuser, 2);
	assert_string_equal(c.at[0]->name, "main");
	assert_string_equal(c.at[1]->name, "run");
	assert_string_equal(c.at[2]->name, "vfs_read");
	assert_string_equal(c.at[3]->name, "s_show");
	assert_string_equal(c.shown[3], "s_show");
	assert_false(c.at[1]->kernel);
	assert_true(c.at[2]->kernel);
	assert_true(c.at[3]->known);
	end(&w);
}

static void no_stack(void **state)
{
	struct world w;

	(void)state;
	begin(&w, true);
	assert_int_equal(chain(&w, 0, 10).n, 0);
	assert_int_equal(chain(&w, 0, 10).nuser, 0);
	/* An id that was never given out. */
	assert_int_equal(chain(&w, 999, 10).n, 0);
	assert_int_equal(asked, 0);
	end(&w);
}

static void each_is_asked_for_once(void **state)
{
	struct world w;
	struct chain first, again;
	sp_stack id;

	(void)state;
	begin(&w, true);
	id = fake_stack(w.stacks, "u:main;vfs_read;s_show");
	first = chain(&w, id, 10);
	assert_int_equal(asked, 3);
	again = chain(&w, id, 10);
	assert_int_equal(asked, 3);
	assert_ptr_equal(first.at, again.at);
	/* Another stack of the same functions asks for nothing new, but the leaf: it is where the
	 * CPU was, not where a call returns to. */
	again = chain(&w, fake_stack(w.stacks, "u:main;vfs_read"), 10);
	assert_int_equal(asked, 4);
	assert_ptr_equal(again.at[1], first.at[1]);
	/* Kernel addresses are the same in every process, user addresses are not. */
	chain(&w, id, 11);
	assert_int_equal(asked, 5);
	/* Nor when the process has become another program. */
	life_now = 7;
	chain(&w, id, 11);
	assert_int_equal(asked, 6);
	end(&w);
}

static uint64_t pcs[8];

static size_t kept_kernel(void *self, uint64_t pc, struct sp_frame *ret, size_t max)
{
	pcs[asked++ % 8] = pc;
	return fake_kernel(self, pc, ret, max);
}

/* The innermost address is an instruction; the others stand behind a call. */
static void return_addresses_belong_to_the_call(void **state)
{
	const uint64_t raw[] = { (uint64_t)PERF_CONTEXT_KERNEL, FAKE_KERNEL + 0x10,
				 FAKE_KERNEL + 0x20 };
	struct sp_err err = SP_ERR_INIT;
	struct world w;
	sp_stack id = 0;

	(void)state;
	begin(&w, true);
	w.resolver.kernel = kept_kernel;
	assert_int_equal(stacks_add(w.stacks, raw, 3, false, &id, &err), 0);
	chain(&w, id, 10);
	assert_int_equal(pcs[0], FAKE_KERNEL + 0x10);
	assert_int_equal(pcs[1], FAKE_KERNEL + 0x1f);
	end(&w);
}

static size_t inlined(void *self, uint64_t pc, struct sp_frame *ret, size_t max)
{
	(void)self;
	(void)pc;
	assert_true(max >= 2);
	ret[0] = (struct sp_frame){ .name = "count",
				    .module = "",
				    .file = "/build/mm/slab.c",
				    .line = 12,
				    .known = true,
				    .inlined = true };
	ret[1] = (struct sp_frame){ .name = "s_show.isra.0",
				    .module = "[kernel.kallsyms]",
				    .known = true };
	return 2;
}

static void what_is_inlined_stands_inside(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	struct world w;
	struct chain c;

	(void)state;
	begin(&w, true);
	w.resolver.kernel = inlined;
	c = chain(&w, fake_stack(w.stacks, "anything"), 10);
	assert_int_equal(c.n, 2);
	assert_string_equal(c.at[0]->name, "s_show.isra.0");
	/* What the compiler appended is nobody's word. */
	assert_string_equal(c.at[0]->base, "s_show");
	assert_string_equal(c.at[1]->base, "count");
	assert_string_equal(c.shown[1], "count (slab.c:12)");
	assert_string_equal(c.shown[0], "s_show.isra.0");
	/* Of an address the function that holds it, not what is inlined there. */
	assert_string_equal(names_kernel(w.names, 0x1234, &err)->name, "s_show.isra.0");
	end(&w);
}

static void plumbing_and_landmarks(void **state)
{
	struct world w;
	struct chain c;

	(void)state;
	begin(&w, true);
	c = chain(&w, fake_stack(w.stacks, "u:memcpy;do_syscall_64;try_to_free_pages;memcpy"), 10);
	assert_int_equal(c.at[1]->plumbing, PLUMB_ENTRY);
	assert_true(c.at[2]->landmark);
	assert_int_equal(c.at[3]->plumbing, PLUMB_LEAF);
	assert_false(c.at[1]->landmark);
	end(&w);
}

static void nobody_knows(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	const struct frame *f;
	struct world w;
	struct chain c;

	(void)state;
	/* Neither a resolver, nor one that answers. */
	for (int with = 0; with <= 1; with++) {
		begin(&w, with);
		w.resolver.kernel = NULL;
		w.resolver.user = NULL;
		c = chain(&w, fake_stack(w.stacks, "u:main;s_show"), 10);
		assert_int_equal(c.n, 2);
		for (uint32_t i = 0; i < 2; i++) {
			assert_string_equal(c.at[i]->name, "[unknown]");
			assert_false(c.at[i]->known);
			assert_int_equal(c.at[i]->plumbing, PLUMB_UNKNOWN);
		}
		f = names_kernel(w.names, 0x1234, &err);
		assert_string_equal(f->name, "[unknown]");
		end(&w);
	}
}

/* Stacks of addresses that are met once: what is shown stays, and stays the same. */
static void what_was_asked_for_lately_goes(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	const char *const *first, *const *again;
	const struct frame *frame;
	uint64_t words[101] = { (uint64_t)PERF_CONTEXT_KERNEL };
	struct world w;
	struct chain c;
	sp_stack id;
	uint32_t before;

	(void)state;
	begin(&w, true);
	id = fake_stack(w.stacks, "vfs_read;s_show");
	c = chain(&w, id, 10);
	frame = c.at[1];
	assert_int_equal(names_shown(w.names, &c, &first, &err), 0);
	for (uint64_t i = 0; i < 3000; i++) {
		sp_stack deep;

		for (uint64_t k = 1; k <= 100; k++)
			words[k] = (1ULL << 63) + (i * 100 + k) * 16;
		assert_int_equal(stacks_add(w.stacks, words, 101, false, &deep, &err), 0);
		assert_int_equal(names_forget(w.names, &err), 0);
		assert_int_equal(chain(&w, deep, 10).n, 100);
	}
	/* Of 300,000 places the report keeps nothing: they are of one function, which nobody knows.
	 */
	assert_in_range(arena_bytes(w.arena), 0, 1 << 20);
	/* They are asked for again. */
	before = asked;
	for (uint64_t k = 1; k <= 100; k++)
		words[k] = (1ULL << 63) + k * 16;
	assert_int_equal(stacks_add(w.stacks, words, 101, false, &id, &err), 0);
	assert_int_equal(chain(&w, id, 10).n, 100);
	assert_int_equal(asked, before + 100);
	id = fake_stack(w.stacks, "vfs_read;s_show");
	c = chain(&w, id, 10);
	assert_ptr_equal(c.at[1], frame);
	assert_int_equal(names_shown(w.names, &c, &again, &err), 0);
	assert_ptr_equal(again, first);
	assert_string_equal(first[1], "s_show");
	end(&w);
}

/* A program of its own in every process. */
static size_t user_by_pid(void *self, int32_t pid, uint64_t time_ns, uint64_t pc,
			  struct sp_frame *ret, size_t max)
{
	static char names[4001][8];

	(void)self, (void)time_ns, (void)pc, (void)max;
	assert_in_range(pid, 1, 4000);
	snprintf(names[pid], sizeof(names[pid]), "run%d", pid);
	*ret = (struct sp_frame){ .name = names[pid], .module = "/bin/x", .known = true };
	return 1;
}

/* Processes of one program have one array of names, whatever their stacks. */
static void names_of_many_are_kept_once(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	const char *const *first = NULL, *const * shown;
	uint64_t words[4] = { (uint64_t)PERF_CONTEXT_KERNEL };
	struct world w;
	struct chain c;
	uint64_t bytes = 0;
	sp_stack id;

	(void)state;
	begin(&w, true);
	words[1] = fake_addr("s_show", 6, false);
	words[2] = (uint64_t)PERF_CONTEXT_USER;
	for (int32_t pid = 1; pid <= 4000; pid++) {
		/* Another place of the same function. */
		words[3] = fake_addr("run", 3, true) + (uint32_t)pid % 16;
		assert_int_equal(stacks_add(w.stacks, words, 4, false, &id, &err), 0);
		c = chain(&w, id, pid);
		assert_int_equal(names_shown(w.names, &c, &shown, &err), 0);
		first = first ? first : shown;
		assert_ptr_equal(shown, first);
		bytes = bytes ? bytes : arena_bytes(w.arena);
		assert_int_equal(arena_bytes(w.arena), bytes);
	}
	end(&w);
}

static void user_frames_of_too_many_go(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	const char *const *shown, *const *first;
	uint64_t words[1003] = { (uint64_t)PERF_CONTEXT_KERNEL };
	struct world w;
	struct chain c;
	sp_stack id;

	(void)state;
	begin(&w, true);
	w.resolver.user = user_by_pid;
	words[1] = fake_addr("s_show", 6, false);
	words[2] = (uint64_t)PERF_CONTEXT_USER;
	for (uint64_t k = 3; k < 1003; k++)
		words[k] = fake_addr("run", 3, true) + k;
	assert_int_equal(stacks_add(w.stacks, words, 1003, false, &id, &err), 0);
	for (int32_t pid = 1; pid <= 4000; pid++) {
		uint64_t cut = names_cut(w.names);

		assert_int_equal(names_forget(w.names, &err), 0);
		c = chain(&w, id, pid);
		assert_int_equal(c.n, 1001);
		assert_int_equal(names_shown(w.names, &c, &shown, &err), 0);
		assert_int_equal(c.nuser, c.n - 1);
		assert_int_equal(c.n, names_cut(w.names) > cut ? 1 : 1001);
		assert_string_equal(shown[c.n - 1], "s_show");
		assert_string_equal(c.at[c.n - 1]->name, "s_show");
	}
	/* 8 kB each: a thousand of them. */
	assert_in_range(names_cut(w.names), 2900, 3000);
	assert_true(arena_bytes(w.arena) < 9 << 20);
	/* Who has them keeps them, and is no more counted. */
	c = chain(&w, id, 1);
	assert_int_equal(names_shown(w.names, &c, &first, &err), 0);
	assert_int_equal(c.n, 1001);
	assert_string_equal(first[0], "run1");
	assert_in_range(names_cut(w.names), 2900, 3000);
	/* A stack of the kernel alone is not cut. */
	c = chain(&w, fake_stack(w.stacks, "vfs_read;s_show"), 10);
	assert_int_equal(names_shown(w.names, &c, &shown, &err), 0);
	assert_int_equal(c.n, 2);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outermost_first),
		cmocka_unit_test(no_stack),
		cmocka_unit_test(each_is_asked_for_once),
		cmocka_unit_test(return_addresses_belong_to_the_call),
		cmocka_unit_test(what_is_inlined_stands_inside),
		cmocka_unit_test(plumbing_and_landmarks),
		cmocka_unit_test(nobody_knows),
		cmocka_unit_test(what_was_asked_for_lately_goes),
		cmocka_unit_test(names_of_many_are_kept_once),
		cmocka_unit_test(user_frames_of_too_many_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
