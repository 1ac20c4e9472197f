/* symbolize/vmlinux: inlined functions and lines of a kernel that lay elsewhere than it was linked.
 */
#include "unit.h"

#include "elfimage.h"
#include "symbols.h"
#include "vmlinux.h"

#include <fcntl.h>
#include <unistd.h>

#define ID    "73697271737461636b73697271737461636b3031"
#define SLIDE 0x12400000ULL

static struct sp_err err = SP_ERR_INIT;

static uint64_t linked_at(const char *name)
{
	int fd = open(VMLINUX_LIKE, O_RDONLY | O_CLOEXEC);
	struct elfbytes bytes;
	struct elfimage image;
	uint64_t at = 0;

	assert_true(fd >= 0);
	assert_true(elfbytes_open(&bytes, fd));
	assert_true(elfimage_read(&image, &bytes));
	assert_string_equal(image.build_id, ID);
	assert_true(elfimage_named(&image, name, &at));
	elfimage_free(&image);
	elfbytes_close(&bytes);
	assert_true(at);
	return at;
}

/* A recording of another machine, whose kernel lay SLIDE higher. */
static struct symbols *foreign(const char *build_id)
{
	const struct symbols_cfg cfg = { .inlines = true, .lines = true, .vmlinux = VMLINUX_LIKE };
	struct symbols *s = NULL;
	const struct sp_resolver *r;

	assert_int_equal(symbols_new(&s, &cfg, &err), 0);
	r = symbols_resolver(s);
	assert_int_equal(r->build_id(r->self, "[kernel.kallsyms]", build_id, true, &err), 0);
	assert_int_equal(r->mapped(r->self,
				   &(struct sp_mapping){ .pid = -1,
							 .start = linked_at("_text") + SLIDE,
							 .len = 1 << 20,
							 .pgoff = linked_at("_text") + SLIDE,
							 .path = "[kernel.kallsyms]_text",
							 .build_id = "" },
				   &err),
			 0);
	return s;
}

/* An address at which something inlined stands. */
static size_t ask_inside(struct symbols *s, struct sp_frame *f)
{
	const struct sp_resolver *r = symbols_resolver(s);
	const uint64_t at = linked_at("s_show") + SLIDE;
	size_t n = 1;

	for (uint64_t pc = at; n < 2 && pc < at + 64; pc++)
		n = r->kernel(r->self, pc, f, 8);
	return n;
}

static void inlined_kernel_functions(void **state)
{
	struct symbols *s = foreign(ID);
	struct sp_frame f[8];

	(void)state;
	assert_int_equal(ask_inside(s, f), 2);
	assert_string_equal(f[0].name, "count_partial");
	assert_true(f[0].inlined);
	assert_non_null(strstr(f[0].file, "vmlinux_like.c"));
	assert_string_equal(f[1].name, "s_show");
	assert_string_equal(f[1].module, "[kernel.kallsyms]");
	assert_true(f[1].known && !f[1].inlined && f[1].line > f[0].line);
	symbols_free(s);
}

/* The name that travelled stays; what is inlined is added. */
static void names_that_travelled_are_kept(void **state)
{
	struct symbols *s = foreign(ID);
	const struct sp_resolver *r = symbols_resolver(s);
	const uint64_t at = linked_at("s_show") + SLIDE;
	struct sp_frame f[8];

	(void)state;
	for (uint64_t pc = at; pc < at + 64; pc++)
		assert_int_equal(
			r->kernel_symbol(r->self, pc, at, "as_recorded", "[kernel.kallsyms]", &err),
			0);
	assert_int_equal(ask_inside(s, f), 2);
	assert_string_equal(f[0].name, "count_partial");
	assert_string_equal(f[1].name, "as_recorded");
	symbols_free(s);
}

static int seen_code(void *self, enum sp_quality_code code, uint64_t count, const char *detail,
		     struct sp_err *e)
{
	(void)count;
	(void)e;
	*(bool *)self |= code == SP_Q_BUILD_ID && strcmp(detail, VMLINUX_LIKE) == 0;
	return 0;
}

static void another_kernel_is_not_believed(void **state)
{
	struct symbols *s = foreign("00697271737461636b73697271737461636b3031");
	struct sp_frame f[8];
	bool told = false;

	(void)state;
	assert_int_equal(ask_inside(s, f), 1);
	assert_false(f[0].known);
	assert_int_equal(symbols_quality(s, seen_code, &told, &err), 0);
	assert_true(told);
	symbols_free(s);
}

/* What asking by that path and build-id comes to. */
static enum elffile_state state_of(const char *path, const char *build_id)
{
	struct sp_frame f = { 0 };
	struct vmlinux *v = NULL;
	enum elffile_state how;
	const char *said;

	assert_int_equal(vmlinux_new(&v, path, &err), 0);
	vmlinux_set_kernel(v, build_id, "6.1.0-none");
	vmlinux_set_place(v, "_text", linked_at("_text") + SLIDE);
	/* Nothing is opened before it is asked for. */
	assert_int_equal(vmlinux_state(v, &said), ELFFILE_FINE);
	assert_string_equal(said, path ? path : "vmlinux");
	assert_int_equal(vmlinux_frames(v, linked_at("s_show") + SLIDE,
					(struct elffile_detail){ true, true }, &f, 1),
			 1);
	how = vmlinux_state(v, &said);
	assert_int_equal(f.known, how == ELFFILE_FINE);
	if (f.known)
		assert_string_equal(f.name, "s_show");
	vmlinux_free(v);
	return how;
}

static void why_there_is_none(void **state)
{
	(void)state;
	assert_int_equal(state_of(VMLINUX_LIKE, ID), ELFFILE_FINE);
	assert_int_equal(state_of("/no/such/vmlinux", ID), ELFFILE_MISSING);
	assert_int_equal(state_of("/proc/self/status", ID), ELFFILE_NOT_ELF);
	assert_int_equal(state_of(VMLINUX_LIKE, "00"), ELFFILE_OTHER);
	/* A recording that does not tell its kernel: any could be meant. */
	assert_int_equal(state_of(VMLINUX_LIKE, NULL), ELFFILE_OTHER);
	assert_int_equal(state_of(NULL, NULL), ELFFILE_MISSING);
	vmlinux_free(NULL);
}

/* Where it lay nobody told: no name is guessed. */
static void a_kernel_of_unknown_place(void **state)
{
	struct sp_frame f = { 0 };
	struct vmlinux *v = NULL;
	const char *said;

	(void)state;
	assert_int_equal(vmlinux_new(&v, VMLINUX_LIKE, &err), 0);
	vmlinux_set_kernel(v, ID, NULL);
	assert_int_equal(vmlinux_frames(v, linked_at("s_show"),
					(struct elffile_detail){ true, true }, &f, 1),
			 1);
	assert_false(f.known);
	assert_int_equal(vmlinux_state(v, &said), ELFFILE_STRIPPED);
	vmlinux_free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inlined_kernel_functions),
		cmocka_unit_test(names_that_travelled_are_kept),
		cmocka_unit_test(another_kernel_is_not_believed),
		cmocka_unit_test(why_there_is_none),
		cmocka_unit_test(a_kernel_of_unknown_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
