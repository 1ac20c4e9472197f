/* report/evidence_text: every kind of evidence, culprit and verdict as a sentence. */
#include "evidence_text.h"
#include "rendered.h"

static void every_kind_has_a_name_and_a_sentence(void **state)
{
	struct sp_report r = fake_report();
	char names[64][40], text[EVIDENCE_TEXT_LEN];

	(void)state;
	for (uint8_t kind = 1; kind <= SP_EVID_STOOD; kind++) {
		const struct sp_evidence e = { .kind = kind,
					       .n = { 3, 5 * MS },
					       .name = FAKE_LEAF };

		snprintf(names[kind], sizeof(names[kind]), "%s", evidence_name(kind));
		assert_string_not_equal(names[kind], "unknown");
		for (uint8_t k = 1; k < kind; k++)
			assert_string_not_equal(names[k], names[kind]);
		evidence_sentence(&r, &e, text);
		if (!text[0])
			fail_msg("no sentence for %s", names[kind]);
	}
	assert_string_equal(evidence_name(0), "unknown");
	assert_string_equal(evidence_name(255), "unknown");
	evidence_sentence(&r, &(struct sp_evidence){ .kind = 255 }, text);
	assert_string_equal(text, "");
}

static void polls_of_more_than_one_device(void **state)
{
	struct sp_evidence e = { .kind = SP_EVID_NAPI, .n = { 14, 896 }, .name = FAKE_IRQ };
	struct sp_report r = fake_report();
	char text[EVIDENCE_TEXT_LEN];

	(void)state;
	evidence_sentence(&r, &e, text);
	assert_string_equal(text, "14 polls of nvme0q1 took 896 packets");
	e.name = 0;
	evidence_sentence(&r, &e, text);
	assert_string_equal(text, "14 polls of several devices took 896 packets");
}

static void every_mechanism_is_said(void **state)
{
	(void)state;
	for (uint8_t m = SP_MECH_IRQS_OFF; m < SP_NR_MECHS; m++)
		assert_string_not_equal(evidence_mechanism(m), "unknown");
	assert_string_equal(evidence_mechanism(SP_NR_MECHS), "unknown");
}

static void the_culprit_is_who_the_mechanism_says(void **state)
{
	struct sp_report r = fake_report();
	const struct sp_stall_names nobody = { .pid = SP_NO_TASK, .tid = SP_NO_TASK };
	const struct sp_stall_names inferred = { .comm = "cat",
						 .pid = 7,
						 .syscall = "read",
						 .file = "/proc/slabinfo",
						 .file_inferred = true,
						 .pod = "web-1" };
	struct {
		struct sp_stall stall;
		const struct sp_stall_names *names;
		const char *text;
	} cases[] = {
		{ { .mechanism = SP_MECH_STEAL }, &nobody, "the hypervisor" },
		{ { .mechanism = SP_MECH_SOFTIRQ, .vec = SP_VEC_TIMER }, &nobody, "softirq TIMER" },
		{ { .mechanism = SP_MECH_HARDIRQ, .irq = { .id = 33 } }, &nobody, "interrupt 33" },
		{ { .mechanism = SP_MECH_HARDIRQ, .irq = { .name = FAKE_IRQ } },
		  &nobody,
		  "interrupt nvme0q1" },
		{ { .mechanism = SP_MECH_LOAD, .dev = FAKE_IRQ }, &nobody, "packets on nvme0q1" },
		{ { .mechanism = SP_MECH_IRQS_OFF }, &nobody, "unknown task" },
		{ { .mechanism = SP_MECH_IRQS_OFF },
		  &inferred,
		  "cat[7] in read(2) of /proc/slabinfo (inferred), pod web-1" },
	};
	char text[EVIDENCE_TEXT_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		evidence_culprit(&r, &cases[i].stall, cases[i].names, text);
		assert_string_equal(text, cases[i].text);
	}
}

/* Whatever a name is, the sentence ends inside its buffer. */
static void long_names_are_cut(void **state)
{
	struct sp_report r = fake_report();
	char name[2000], text[EVIDENCE_TEXT_LEN + 8];
	const struct sp_stall_names n = { .comm = name, .pid = 7, .file = name, .container = name };

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	memset(text, 'g', sizeof(text));
	evidence_culprit(&r, &(struct sp_stall){ .mechanism = SP_MECH_BH_OFF }, &n, text);
	assert_int_equal(strlen(text), EVIDENCE_TEXT_LEN - 1);
	assert_int_equal(text[EVIDENCE_TEXT_LEN], 'g');
}

static void a_verdict_leads_with_its_first_stall(void **state)
{
	struct sp_report r = fake_report();
	const struct sp_overlap overlaps[] = { { 2, MS }, { 1, MS } }, wrong = { 99, MS };
	struct sp_verdict v = { .stalls = overlaps, .nstalls = 2 };

	(void)state;
	assert_ptr_equal(evidence_lead(&r, &v), &r.stalls[1]);
	v.nstalls = 0;
	assert_null(evidence_lead(&r, &v));
	v = (struct sp_verdict){ .stalls = &wrong, .nstalls = 1 };
	assert_null(evidence_lead(&r, &v));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_has_a_name_and_a_sentence),
		cmocka_unit_test(polls_of_more_than_one_device),
		cmocka_unit_test(every_mechanism_is_said),
		cmocka_unit_test(the_culprit_is_who_the_mechanism_says),
		cmocka_unit_test(long_names_are_cut),
		cmocka_unit_test(a_verdict_leads_with_its_first_stall),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
