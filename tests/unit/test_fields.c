/* analyze/fields: tracepoint formats, whatever their layout. */
#include "fields.h"

#include "unit.h"

static const char text[] =
	"name: irq_handler_entry\nID: 225\nformat:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
	"\tfield:int irq;\toffset:8;\tsize:4;\tsigned:1;\n"
	"\tfield:__data_loc char[] name;\toffset:12;\tsize:4;\tsigned:0;\n"
	"\tfield:char comm[16];\toffset:16;\tsize:16;\tsigned:0;\n"
	"\nprint fmt: \"%d\", REC->irq, { 2, \"NOT_SPECIFIED\" }, { 0x7b, \"PFMEMALLOC\" }\n";

static void fields_are_found_by_name(void **state)
{
	uint8_t raw[48] = { 0 };
	struct sp_err err = SP_ERR_INIT;
	sp_auto(formats) f = NULL;
	const struct format *fmt;
	const char *s;
	size_t len;

	(void)state;
	assert_int_equal(formats_new(&f, &err), 0);
	assert_int_equal(formats_add(f, "irq", text, sizeof(text) - 1, &err), 0);
	fmt = formats_get(f, 225);
	assert_non_null(fmt);
	assert_string_equal(fmt->name, "irq_handler_entry");
	raw[8] = 0xfe;
	raw[9] = raw[10] = raw[11] = 0xff;
	raw[12] = 32; /* __data_loc: offset 32, length 6 */
	raw[14] = 6;
	memcpy(raw + 32, "eth0\0x", 6);
	memcpy(raw + 16, "cat", 3);
	assert_int_equal(field_int(format_field(fmt, "irq"), raw, sizeof(raw), false), -2);
	s = field_str(format_field(fmt, "name"), raw, sizeof(raw), false, &len);
	assert_int_equal(len, 4);
	assert_memory_equal(s, "eth0", 4);
	s = field_str(format_field(fmt, "comm"), raw, sizeof(raw), false, &len);
	assert_int_equal(len, 3);
	assert_memory_equal(s, "cat", 3);
	assert_null(format_field(fmt, "vec"));
	s = format_symbol(fmt, 123, &len);
	assert_int_equal(len, 10);
	assert_memory_equal(s, "PFMEMALLOC", 10);
	assert_null(format_symbol(fmt, 5, &len));
}

static void what_lies_outside_is_zero(void **state)
{
	uint8_t raw[16] = { 0 };
	struct sp_err err = SP_ERR_INIT;
	sp_auto(formats) f = NULL;
	const struct format *fmt;
	size_t len;

	(void)state;
	assert_int_equal(formats_new(&f, &err), 0);
	assert_int_equal(formats_add(f, "irq", text, sizeof(text) - 1, &err), 0);
	fmt = formats_get(f, 225);
	raw[12] = 200; /* the string's place lies behind the record */
	raw[14] = 9;
	assert_null(field_str(format_field(fmt, "name"), raw, sizeof(raw), false, &len));
	assert_null(field_str(format_field(fmt, "comm"), raw, sizeof(raw), false, &len));
	assert_int_equal(field_int(format_field(fmt, "irq"), raw, 10, false), 0);
	assert_int_equal(formats_add(f, "irq", "nonsense", 8, &err), SP_EFORMAT);
}

static void a_cut_blob_is_an_error(void **state)
{
	static const uint8_t head[] = "\027\010\104tracing0.6\0\0\010\0\020\0\0header_page";
	struct sp_err err = SP_ERR_INIT;
	sp_auto(formats) f = NULL;

	(void)state;
	assert_int_equal(formats_new(&f, &err), 0);
	assert_int_equal(formats_read(f, sp_span_of(head, sizeof(head), false), &err), SP_ETRUNC);
	err = (struct sp_err)SP_ERR_INIT;
	assert_int_equal(formats_read(f, sp_span_of("nothing like it", 15, false), &err),
			 SP_EFORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_found_by_name),
		cmocka_unit_test(what_lies_outside_is_zero),
		cmocka_unit_test(a_cut_blob_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
