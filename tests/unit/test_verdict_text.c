/* report/sentence and verdict_text: what each verdict comes to in words, and never more of them
 * than there is room for. */
#include "rendered.h"
#include "sentence.h"
#include "verdict_text.h"

static const char *says(const struct sp_report *r, uint32_t i)
{
	static char text[EVIDENCE_TEXT_LEN];

	memset(text, 'x', sizeof(text));
	assert_ptr_equal(verdict_sentence(r, &r->spikes[i], &r->verdicts[i], text), text);
	assert_true(strlen(text) < sizeof(text));
	return text;
}

/* Of the made report one verdict, to be changed. */
struct one {
	struct sp_report r;
	struct sp_spike spike;
	struct sp_verdict verdict;
};

static void one(struct one *o, enum sp_verdict_kind kind)
{
	o->r = fake_report();
	fake_verdicts(&o->r);
	o->spike = o->r.spikes[kind];
	o->verdict = o->r.verdicts[kind];
	o->r.spikes = &o->spike;
	o->r.verdicts = &o->verdict;
	o->r.nspikes = 1;
}

static void pieces_stay_in_their_room(void **state)
{
	char room[EVIDENCE_TEXT_LEN + 1];
	struct sentence s = { .at = room };

	(void)state;
	memset(room, 0x5a, sizeof(room));
	sentence_say(&s, "%s", "one");
	sentence_say(&s, " and %d", 2);
	sentence_say(&s, "%s", "");
	assert_string_equal(room, "one and 2");
	assert_int_equal(s.len, 9);
	for (int i = 0; i < 200; i++)
		sentence_say(&s, "%s", ", more");
	assert_int_equal(s.len, EVIDENCE_TEXT_LEN - 1);
	assert_int_equal(strlen(room), EVIDENCE_TEXT_LEN - 1);
	assert_int_equal(room[EVIDENCE_TEXT_LEN], 0x5a);
}

static void a_stall(void **state)
{
	struct one o;

	(void)state;
	one(&o, SP_VERDICT_STALL);
	assert_in(says(&o.r, 0), "interrupts were off on CPU 1 for 20.0 ms: ");
	assert_in(says(&o.r, 0), "; explains 12.0 ms of 30.0 ms, for the rest the CPU was healthy");
	/* Healthy only where it was seen. */
	o.verdict.unobserved_ns = 1;
	assert_in(says(&o.r, 0), "the rest was not observed whole");
	/* Nine tenths are all of it. */
	o.verdict.explained_ns = 27 * MS;
	assert_in(says(&o.r, 0), "; explains all of it");
	o.verdict.explained_ns = 27 * MS - 1;
	assert_not_in(says(&o.r, 0), "all of it");
	/* Of what latency, nobody knows. */
	o.spike.latency_ns = SP_UNKNOWN_NS;
	assert_not_in(says(&o.r, 0), "explains");
	assert_not_in(says(&o.r, 0), "more stall");
}

static void with_how_many_more(void **state)
{
	static const struct sp_overlap many[] = { { 1, 12 * MS }, { 2, 3 * MS }, { 3, MS } };
	struct one o;

	(void)state;
	one(&o, SP_VERDICT_STALL);
	o.verdict.stalls = many;
	o.verdict.nstalls = 2;
	assert_in(says(&o.r, 0), ", and 1 more stall;");
	o.verdict.nstalls = 3;
	assert_in(says(&o.r, 0), ", and 2 more stalls;");
}

static void a_drop(void **state)
{
	struct one o;

	(void)state;
	one(&o, SP_VERDICT_DROP);
	o.spike.latency_ns = 210 * MS;
	o.verdict.explained_ns = 200 * MS;
	assert_string_equal(says(&o.r, 0),
			    "a packet was dropped for lack of memory (PFMEMALLOC) and TCP sent it "
			    "again after 200 ms: that explains all of 210 ms");
	o.verdict.drop_reason = "SOCKET_RCVBUFF";
	o.verdict.resent = 2;
	assert_in(says(&o.r, 0), "(SOCKET_RCVBUFF)");
	assert_in(says(&o.r, 0), "(its counter of that moved)");
	/* Seen is better than counted. */
	o.verdict.resent_ns = 203 * MS;
	assert_in(says(&o.r, 0), "was seen to send it again after 203 ms: that");
	assert_not_in(says(&o.r, 0), "counter");
	o.verdict.explained_ns = 100 * MS;
	assert_in(says(&o.r, 0), "that explains 100 ms of 210 ms");
	o.verdict.rto_ns = 0;
	assert_in(says(&o.r, 0), "and TCP had to send it again");
	o.verdict.stalls = &(struct sp_overlap){ 1, MS };
	o.verdict.nstalls = 1;
	assert_in(says(&o.r, 0),
		  "; with it went a stall: interrupts were off on CPU 1 for 20.0 ms");
}

static void reclaim(void **state)
{
	struct one o;

	(void)state;
	one(&o, SP_VERDICT_TASK_DELAY);
	assert_in(says(&o.r, 0), "java spent 25.0 ms reclaiming memory for itself; explains");
	o.verdict.task_comm = NULL;
	assert_in(says(&o.r, 0), "a task spent 25.0 ms");
}

static void nothing_there(void **state)
{
	const struct sp_cpu_info cpus[] = { { .cpu = 1 }, { .cpu = 2 } };
	struct one o;

	(void)state;
	one(&o, SP_VERDICT_NONE);
	assert_string_equal(says(&o.r, 0), "CPU 1 served softirqs within 200 us all through this "
					   "window: look elsewhere");
	o.r.capture.cpus = cpus;
	o.r.capture.ncpus = 2;
	assert_in(says(&o.r, 0), "the recorded CPUs served");
	o.spike.cpu = 7;
	assert_in(says(&o.r, 0), "CPU 7 served");
	o.verdict.explained_ns = 3 * MS;
	assert_in(says(&o.r, 0), " but for stalls of 3.00 ms in all, too little for 30.0 ms: look");
	o.verdict.worst_delay_ns = SP_UNKNOWN_NS;
	assert_in(says(&o.r, 0),
		  "nothing was seen to keep softirqs waiting on CPU 7 in this window");
}

static void no_data(void **state)
{
	struct one o;

	(void)state;
	one(&o, SP_VERDICT_NO_DATA);
	assert_string_equal(says(&o.r, 0), "28.0 ms of that time was not observed: neither healthy "
					   "nor guilty");
	o.verdict.why = SP_WHY_OUTSIDE;
	assert_string_equal(says(&o.r, 0), "the spike lies outside the recording");
	o.spike.cpu = 9;
	o.verdict.why = SP_WHY_CPU_NOT_RECORDED;
	assert_string_equal(says(&o.r, 0), "CPU 9 was not recorded");
	o.verdict.why = SP_WHY_LOST;
	assert_string_equal(says(&o.r, 0), "records were lost in that time");
}

static void not_decided(void **state)
{
	static const struct sp_overlap odd[] = { { 0, MS }, { 99, MS }, { 2, MS }, { 3, MS } };
	struct one o;

	(void)state;
	one(&o, SP_VERDICT_AMBIGUOUS);
	assert_in(says(&o.r, 0), "not decided: 78 % of all windows hold as much by accident");
	assert_in(says(&o.r, 0), "; candidates: hardirq of CPU 1 at 2025-11-24T16:00:00.300Z");
	assert_in(says(&o.r, 0), ", stopped of CPU 1 at 2025-11-24T16:00:00.500Z");
	o.verdict.why = SP_WHY_RIVALS;
	assert_in(says(&o.r, 0), "stalls with different culprits fit equally well");
	o.verdict.reclaim_ns = 2 * MS;
	o.verdict.task_comm = "java";
	o.verdict.drops = 1;
	assert_in(says(&o.r, 0), "; java reclaimed memory for 2.00 ms; 1 packet was dropped");
	o.verdict.drops = 2;
	assert_in(says(&o.r, 0), "; 2 packets were dropped");
	/* Three at most; what is no stall of the report is none. */
	o.verdict.stalls = odd;
	o.verdict.nstalls = 4;
	assert_in(says(&o.r, 0), "hardirq of CPU 1");
	assert_not_in(says(&o.r, 0), "stopped");
	o.verdict.nstalls = 0;
	assert_not_in(says(&o.r, 0), "candidates");
}

/* As long as names get: nothing is written past the end. */
static void long_names(void **state)
{
	char comm[1000];
	struct one o;

	(void)state;
	memset(comm, 'y', sizeof(comm));
	comm[sizeof(comm) - 1] = 0;
	one(&o, SP_VERDICT_TASK_DELAY);
	o.verdict.task_comm = comm;
	assert_int_equal(strlen(says(&o.r, 0)), EVIDENCE_TEXT_LEN - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_stay_in_their_room),
		cmocka_unit_test(a_stall),
		cmocka_unit_test(with_how_many_more),
		cmocka_unit_test(a_drop),
		cmocka_unit_test(reclaim),
		cmocka_unit_test(nothing_there),
		cmocka_unit_test(no_data),
		cmocka_unit_test(not_decided),
		cmocka_unit_test(long_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
