/* symbolize/elfsymtab, elfstrings: symbol tables of both widths and both orders of bytes, whole and
 * damaged. */
#include "unit.h"

#include "elfsymtab.h"

#include <elf.h>

#define NONE UINT32_MAX

/* Two bytes on, so that nothing is where it may be read as a whole. */
static uint8_t file[1024];
static const char strings[] = "\0good\0.label\0$data\0@version\0good@@V_2\0tail";
enum { GOOD = 1, LABEL = 6, DATA = 13, VERSION = 19, VERSIONED = 28, TAIL = 38 };

static size_t put(size_t at, uint64_t value, size_t size, bool big)
{
	for (size_t i = 0; i < size; i++)
		file[at + i] = (uint8_t)(value >> 8 * (big ? size - 1 - i : i));
	return at + size;
}

static size_t put_symbol(size_t at, bool narrow, bool big, uint32_t name, int type,
			 uint16_t section, uint64_t value, uint64_t size)
{
	const uint64_t info = ELF64_ST_INFO(STB_GLOBAL, type);

	at = put(at, name, 4, big);
	if (narrow) {
		at = put(at, value, 4, big);
		at = put(at, size, 4, big);
	}
	at = put(at, info, 1, big);
	at = put(at, 0, 1, big);
	at = put(at, section, 2, big);
	if (!narrow) {
		at = put(at, value, 8, big);
		at = put(at, size, 8, big);
	}
	return at;
}

static uint64_t limit(void *self, uint16_t section)
{
	++*(uint32_t *)self;
	assert_int_equal(section, 0x0102);
	return 0x5010;
}

static struct elfsyms_look look(void *self, uint32_t table, uint32_t name)
{
	assert_int_equal(table, 1);
	return elfstrings_look(self, name);
}

static uint64_t found(const struct elfsyms *s, uint64_t addr)
{
	uint64_t first, last;
	const struct elfsym *sym = elfsyms_find(s, addr, &first, &last);

	return sym ? sym->name : NONE;
}

static void of_every_machine(void **state)
{
	const size_t begin = 2 + sizeof(strings);
	struct elfbytes bytes;

	(void)state;
	memcpy(file + 2, strings, sizeof(strings));
	elfbytes_memory(&bytes, file, sizeof(file));
	for (int kind = 0; kind < 4; kind++) {
		const bool narrow = kind & 1, big = kind & 2;
		uint32_t asked = 0;
		struct elfsymtab tab = { .from = &bytes,
					 .off = begin,
					 .entry = narrow ? 16 : 24,
					 .narrow = narrow,
					 .big = big,
					 .strings = 1,
					 .limit = limit,
					 .self = &asked };
		struct elfsyms s = { 0 };
		struct elfstrings names;
		size_t at = begin;

		at = put_symbol(at, narrow, big, GOOD, STT_FUNC, 0x0102, 0x1000, 0x10);
		at = put_symbol(at, narrow, big, VERSIONED, STT_GNU_IFUNC, 0x0102, 0x2000, 0x10);
		at = put_symbol(at, narrow, big, GOOD, STT_NOTYPE, 0x0102, 0x5000, 0);
		/* None of a function. */
		at = put_symbol(at, narrow, big, GOOD, STT_FUNC, SHN_UNDEF, 0x3000, 0x10);
		at = put_symbol(at, narrow, big, GOOD, STT_FUNC, 0x0102, 0, 0x10);
		at = put_symbol(at, narrow, big, GOOD, STT_OBJECT, 0x0102, 0x3100, 0x10);
		at = put_symbol(at, narrow, big, LABEL, STT_NOTYPE, 0x0102, 0x3200, 0x10);
		at = put_symbol(at, narrow, big, DATA, STT_NOTYPE, 0x0102, 0x3300, 0x10);
		/* No names: nothing, a version only, behind the end, all the way. */
		at = put_symbol(at, narrow, big, 0, STT_FUNC, 0x0102, 0x3400, 0x10);
		at = put_symbol(at, narrow, big, VERSION, STT_FUNC, 0x0102, 0x3500, 0x10);
		at = put_symbol(at, narrow, big, sizeof(strings), STT_FUNC, 0x0102, 0x3600, 0x10);
		at = put_symbol(at, narrow, big, UINT32_MAX, STT_FUNC, 0x0102, 0x3700, 0x10);
		/* A function's name may be what a label's may not. */
		at = put_symbol(at, narrow, big, LABEL, STT_FUNC, 0x0102, 0x4000, 0x10);
		tab.size = at - begin;
		elfstrings_init(&names, &bytes, 2, sizeof(strings));
		elfsymtab_read(&tab, &names, &s);
		assert_int_equal(s.n, 4);
		/* Only the one without a size ends with its section. */
		assert_int_equal(asked, 1);
		elfsyms_seal(&s, look, &names);
		assert_int_equal(found(&s, 0x100f), GOOD);
		assert_int_equal(found(&s, 0x1010), NONE);
		assert_int_equal(found(&s, 0x2000), VERSIONED);
		assert_int_equal(found(&s, 0x400f), LABEL);
		assert_int_equal(found(&s, 0x500f), GOOD);
		assert_int_equal(found(&s, 0x5010), NONE);
		elfsyms_free(&s);
		/* Sections that are not all there, entries of another size. */
		tab.size = sizeof(file) - begin + 1;
		elfsymtab_read(&tab, &names, &s);
		tab.size = UINT64_MAX;
		elfsymtab_read(&tab, &names, &s);
		tab.off = UINT64_MAX - 10;
		elfsymtab_read(&tab, &names, &s);
		tab.off = begin;
		tab.size = at - begin;
		tab.entry++;
		elfsymtab_read(&tab, &names, &s);
		tab.entry = 0;
		elfsymtab_read(&tab, &names, &s);
		assert_int_equal(s.n, 0);
		elfsyms_free(&s);
		elfstrings_release(&names);
	}
}

static void string_tables(void **state)
{
	char name[SP_MAX_STRING + 1];
	struct elfbytes bytes;
	struct elfstrings s;

	(void)state;
	memcpy(file + 2, strings, sizeof(strings));
	elfbytes_memory(&bytes, file, 2 + sizeof(strings));
	elfstrings_init(&s, &bytes, 2, sizeof(strings));
	assert_int_equal(elfstrings_first(&s, GOOD), 'g');
	assert_int_equal(elfstrings_first(&s, 0), 0);
	assert_int_equal(elfstrings_first(&s, sizeof(strings)), -1);
	assert_int_equal(elfstrings_look(&s, VERSIONED).len, 4);
	assert_int_equal(elfstrings_look(&s, UINT32_MAX).len, 0);
	assert_true(elfstrings_is(&s, VERSIONED, "good"));
	assert_false(elfstrings_is(&s, GOOD, "goo") || elfstrings_is(&s, GOOD, "goods") ||
		     elfstrings_is(&s, UINT32_MAX, ""));
	assert_true(elfstrings_read(&s, &bytes, TAIL, name));
	assert_string_equal(name, "tail");
	assert_true(elfstrings_read(&s, &bytes, VERSIONED, name));
	assert_string_equal(name, "good");
	assert_false(elfstrings_read(&s, &bytes, 0, name));
	assert_false(elfstrings_read(&s, &bytes, VERSION, name));
	assert_false(elfstrings_read(&s, &bytes, sizeof(strings), name));
	elfstrings_release(&s);
	/* Nothing is looked up in one that was released. */
	assert_int_equal(elfstrings_first(&s, GOOD), -1);
	elfstrings_release(&s);
	/* What does not end in the table is no name. */
	elfstrings_init(&s, &bytes, 2, sizeof(strings) - 1);
	assert_int_equal(elfstrings_first(&s, TAIL), -1);
	assert_false(elfstrings_read(&s, &bytes, TAIL, name));
	assert_int_equal(elfstrings_first(&s, GOOD), 'g');
	elfstrings_release(&s);
	/* Not all there; no NUL; nothing; where there cannot be any. */
	elfstrings_init(&s, &bytes, 2, sizeof(strings) + 1);
	assert_int_equal(s.size, 0);
	elfstrings_init(&s, &bytes, 2 + GOOD, 4);
	assert_int_equal(s.size, 0);
	elfstrings_init(&s, &bytes, 2, 0);
	assert_int_equal(s.size, 0);
	elfstrings_init(&s, &bytes, UINT64_MAX, sizeof(strings));
	assert_int_equal(s.size, 0);
	elfstrings_init(&s, &bytes, 2, UINT64_MAX);
	assert_int_equal(s.size, 0);
	assert_int_equal(elfstrings_first(&s, 0), -1);
	elfstrings_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_every_machine),
		cmocka_unit_test(string_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
