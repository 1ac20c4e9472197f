/* analyze/spike_*: each format by its content. */
#include "unit.h"

#include "fakespikes.h"

/* The first spike that a text comes to. */
struct first {
	const char *text;
	struct spikefile_cfg cfg;
	const char *format;
	uint32_t n, line, cpu;
	int64_t time_ns;
	uint64_t latency_ns;
	uint8_t stamp;
	const char *label;
};

static void check(const struct first *f)
{
	struct got g = reads(f->text, f->cfg);
	uint32_t cpu = f->cpu ? f->cpu : SP_NO_CPU;

	if (strcmp(g.seen.format, f->format) != 0 || g.n != f->n ||
	    (g.n && (g.at[0].time_ns != f->time_ns || g.at[0].latency_ns != f->latency_ns)))
		print_error("%s\n%s, %u spikes, %lld, %lld\n", f->text, g.seen.format, g.n,
			    g.n ? (long long)g.at[0].time_ns : 0,
			    g.n ? (long long)g.at[0].latency_ns : 0);
	assert_string_equal(g.seen.format, f->format);
	assert_int_equal(g.n, f->n);
	assert_int_equal(g.at[0].line, f->line);
	assert_int_equal(g.at[0].cpu, cpu);
	assert_true(g.at[0].time_ns == f->time_ns);
	assert_true(g.at[0].latency_ns == f->latency_ns);
	assert_int_equal(g.at[0].stamp, f->stamp);
	assert_int_equal(g.at[0].count, 1);
	assert_string_equal(g.at[0].source, "spikes.log");
	if (f->label)
		assert_string_equal(g.at[0].label, f->label);
	drop(&g);
}

static void tables(void **state)
{
	/* clang-format off */
	static const struct first cases[] = {
		{ "time,latency_ms\n1795519744.2,60.5\n", {0}, "csv", 1, 2, 0, T + 200000000,
		  60500000, SP_STAMP_UNKNOWN, NULL },
		{ "1795519744.2,60.5\n1795519745.2,3\n", {0}, "csv", 2, 1, 0, T + 200000000, 60500000,
		  SP_STAMP_UNKNOWN, NULL },
		{ "1795519744.2\n", {0}, "csv", 1, 1, 0, T + 200000000, SP_UNKNOWN_NS,
		  SP_STAMP_UNKNOWN, NULL },
		{ "\xef\xbb\xbftime\r\n2026-11-24T11:29:04.2Z\r\n", {0}, "csv", 1, 2, 0,
		  T + 200000000, SP_UNKNOWN_NS, SP_STAMP_UNKNOWN, NULL },
		{ "label,cpu,latency_us,time\n\"a \"\"b\"\", c\",17,60500,2026-11-24T12:29:04+01:00\n",
		  {0}, "csv", 1, 2, 17, T, 60500000, SP_STAMP_UNKNOWN, "a \"b\", c" },
		{ "note,time,x,latency_ns\n\"two\nlines\",1795519744,9,777\n", {0}, "csv", 1, 2, 0, T,
		  777, SP_STAMP_UNKNOWN, NULL },
		{ "Timestamp;Response Time (s);Host\n2026-11-24 11:29:04.200;1,5;web\n", {0}, "csv", 1,
		  2, 0, T + 200000000, 1500000000, SP_STAMP_UNKNOWN, "web" },
		{ "epoch_ms\trtt_us\n1795519744200\t60500\n", {0}, "csv", 1, 2, 0, T + 200000000,
		  60500000, SP_STAMP_UNKNOWN, NULL },
		{ "@timestamp,duration\n2026-11-24T11:29:04Z,\n", {0}, "csv", 1, 2, 0, T,
		  SP_UNKNOWN_NS, SP_STAMP_UNKNOWN, NULL },
		{ "timeStamp,elapsed,label\n1795519744200,60,GET /\n", {0}, "csv", 1, 2, 0,
		  T + 200000000, 60000000, SP_STAMP_UNKNOWN, "GET /" },
		{ "sent_at,time_ms\n1795519744,60\n", {0}, "csv", 1, 2, 0, T, 60000000,
		  SP_STAMP_START, NULL },
		{ "date,time,latency\n2026-11-24,11:29:04.2,60\n", {0}, "csv", 1, 2, 0,
		  T + 200000000, 60000000, SP_STAMP_UNKNOWN, NULL },
		{ "# made by probe\ntime,latency_ms\n1795519744,60\n", {0}, "csv", 1, 3, 0, T,
		  60000000, SP_STAMP_UNKNOWN, NULL },
		{ "1795519744.25 60\n1795519745.25 7\n", {0}, "csv", 2, 1, 0, T + 250000000, 60000000,
		  SP_STAMP_UNKNOWN, NULL },
		{ "a,b,1795519744,60500,x\n", { .columns = "time=3,latency=4:us,label=5" }, "csv", 1, 1,
		  0, T, 60500000, SP_STAMP_UNKNOWN, "x" },
		{ "foo,bar\n1795519744,60\n", { .columns = "time=foo,latency=bar:s" }, "csv", 1, 2, 0,
		  T, 60000000000, SP_STAMP_UNKNOWN, NULL },
		{ "time,latency_ms\n1795519744,60\n", { .stamp_given = true, .stamp = SP_STAMP_END },
		  "csv", 1, 2, 0, T, 60000000, SP_STAMP_END, NULL },
		{ "time,latency_ms\n12.5,60\n", { .start = "2026-11-24T11:29:04Z" }, "csv", 1, 2, 0,
		  T + 12500000000, 60000000, SP_STAMP_UNKNOWN, NULL },
		{ "time,latency_ms\n1795519744,timeout\n", {0}, "csv", 1, 2, 0, T, SP_UNKNOWN_NS,
		  SP_STAMP_UNKNOWN, NULL },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(&cases[i]);
}

static void captures(void **state)
{
	static const char fields[] = "frame.time_epoch,tcp.analysis.ack_rtt,tcp.analysis."
				     "retransmission,tcp.analysis.rto\n"
				     "1795519744.1,,,\n"
				     "1795519744.2,0.0605,,\n"
				     "1795519744.3,,1,0.206\n"
				     "1795519744.4,,True,\n";
	static const char list[] =
		"\"No.\",\"Time\",\"Source\",\"Destination\",\"Protocol\",\"Length\",\"Info\"\n"
		"\"1\",\"2026-11-24 11:29:04.200000\",\"a\",\"b\",\"TCP\",\"66\",\"[TCP "
		"Retransmission] 80\"\n"
		"\"2\",\"2026-11-24 11:29:04.300000\",\"a\",\"b\",\"TCP\",\"66\",\"80 [ACK]\"\n";
	struct got g = reads(fields, (struct spikefile_cfg){ 0 });

	(void)state;
	/* Packets without a latency or a retransmission are no spikes. */
	assert_int_equal(g.n, 3);
	assert_int_equal(g.at[0].latency_ns, 60500000);
	assert_int_equal(g.at[0].stamp, SP_STAMP_END);
	assert_false(g.at[0].is_retransmit);
	assert_int_equal(g.at[1].latency_ns, 206000000);
	assert_true(g.at[1].is_retransmit);
	assert_true(g.at[2].is_retransmit);
	assert_true(g.at[2].latency_ns == SP_UNKNOWN_NS);
	drop(&g);
	g = reads(list, (struct spikefile_cfg){ 0 });
	assert_int_equal(g.n, 1);
	assert_true(g.at[0].is_retransmit);
	assert_string_equal(g.at[0].label, "[TCP Retransmission] 80");
	drop(&g);
	/* The default export counts from the capture's begin. */
	g = read_text("\"No.\",\"Time\",\"Protocol\",\"Info\"\n\"1\",\"0.25\",\"TCP\",\"x\"\n", 52,
		      (struct spikefile_cfg){ 0 });
	assert_int_equal(g.rc, SP_EFORMAT);
	assert_non_null(strstr(g.err.text, "--spikes-start"));
	drop(&g);
}

static void ping(void **state)
{
	static const char with_stamps[] =
		"PING 10.0.0.1 (10.0.0.1) 56(84) bytes of data.\n"
		"[1795519744.200000] 64 bytes from 10.0.0.1: icmp_seq=1 ttl=64 time=0.041 ms\n"
		"[1795519745.261953] no answer yet for icmp_seq=2\n"
		"[1795519745.300000] 64 bytes from host=seq (10.0.0.1): icmp_seq=2 ttl=64 time=244 "
		"ms\n"
		"[1795519745.300100] 64 bytes from 10.0.0.1: icmp_seq=2 ttl=64 time=245 ms (DUP!)\n"
		"[1795519746.261953] no answer yet for icmp_seq=3\n"
		"[1795519748.200000] 64 bytes from 10.0.0.1: icmp_seq=5 ttl=64 time=0.041 ms\n"
		"[1795519748.300000] From 10.0.0.9 icmp_seq=6 Destination Host Unreachable\n"
		"\n--- 10.0.0.1 ping statistics ---\n"
		"6 packets transmitted, 3 received, +1 duplicates, 40% packet loss, time 4003ms\n"
		"rtt min/avg/max/mdev = 0.041/81.3/244.0/115.0 ms\n";
	static const char busybox[] = "PING 10.0.0.1 (10.0.0.1): 56 data bytes\n"
				      "64 bytes from 10.0.0.1: seq=0 ttl=64 time=0.041 ms\n"
				      "64 bytes from 10.0.0.1: seq=2 ttl=64 time=30.000 ms\n";
	struct got g = reads(with_stamps, (struct spikefile_cfg){ .min_latency_ns = 10 * MS });

	(void)state;
	assert_string_equal(g.seen.format, "ping");
	assert_int_equal(g.seen.below, 2);
	assert_int_equal(g.seen.duplicates, 1);
	assert_int_equal(g.seen.lost, 1); /* 4; 3 has been told of */
	assert_int_equal(g.n, 2);
	assert_int_equal(g.at[0].latency_ns, 244 * MS);
	assert_int_equal(g.at[0].stamp, SP_STAMP_END);
	assert_int_equal(g.at[0].line, 4);
	assert_string_equal(g.at[0].label, "seq 2");
	assert_true(g.at[1].latency_ns == SP_UNKNOWN_NS);
	assert_true(g.at[1].time_ns == (INT64_C(1795519746) * S + 261953000));
	assert_string_equal(g.at[1].label, "no answer");
	drop(&g);
	/* Without -D there must be a start. */
	g = read_text(busybox, strlen(busybox), (struct spikefile_cfg){ 0 });
	assert_int_equal(g.rc, SP_EFORMAT);
	assert_non_null(strstr(g.err.text, "spikes.log:2:1: "));
	assert_non_null(strstr(g.err.text, "ping -D"));
	drop(&g);
	g = reads(busybox, (struct spikefile_cfg){ .start = "1795519744", .interval_ns = 10 * MS });
	assert_int_equal(g.n, 2);
	assert_int_equal(g.seen.lost, 1);
	assert_true(g.at[1].time_ns == T + 20 * (int64_t)MS);
	assert_int_equal(g.at[1].stamp, SP_STAMP_START);
	drop(&g);
}

static void hping(void **state)
{
	static const char tcp[] =
		"HPING 127.0.0.1 (lo 127.0.0.1): S set, 40 headers + 0 data bytes\n"
		"len=40 ip=127.0.0.1 ttl=64 DF id=0 sport=80 flags=RA seq=65535 win=0 rtt=0.5 ms\n"
		"len=46 ip=10.0.0.1 sport=80 flags=SA seq=1485 win=29200 rtt=127.1 ms\n"
		"DUP! len=46 ip=10.0.0.1 sport=80 flags=SA seq=1485 win=29200 rtt=128.1 ms\n";
	static const char icmp[] = "len=28 ip=127.0.0.1 ttl=64 id=9 icmp_seq=104 rtt=110.0 ms\n";
	static const char stamped[] =
		"1795519744.25 len=28 ip=127.0.0.1 ttl=64 id=9 icmp_seq=104 rtt=110.0 ms\n";
	struct spikefile_cfg cfg = { .start = "2026-11-24T11:29:04Z", .interval_ns = 10 * MS };
	struct got g = reads(tcp, cfg);

	(void)state;
	assert_string_equal(g.seen.format, "hping3");
	assert_int_equal(g.n, 2);
	assert_int_equal(g.seen.duplicates, 1);
	assert_true(g.at[0].time_ns == T + 65535 * 10 * (int64_t)MS);
	/* The number is of 16 bits and has gone round. */
	assert_true(g.at[1].time_ns == T + (65536 + 1485) * 10 * (int64_t)MS);
	assert_int_equal(g.at[1].latency_ns, 127100000);
	assert_int_equal(g.at[1].stamp, SP_STAMP_START);
	drop(&g);
	g = reads(icmp, cfg);
	assert_true(g.at[0].time_ns == T + 104 * 10 * (int64_t)MS);
	drop(&g);
	g = reads(stamped, (struct spikefile_cfg){ 0 });
	assert_true(g.at[0].time_ns == T + 250 * (int64_t)MS);
	assert_int_equal(g.at[0].stamp, SP_STAMP_END);
	drop(&g);
	g = read_text(icmp, strlen(icmp), (struct spikefile_cfg){ 0 });
	assert_int_equal(g.rc, SP_EFORMAT);
	assert_non_null(strstr(g.err.text, "--spikes-start"));
	drop(&g);
}

static void logs(void **state)
{
	/* clang-format off */
	static const struct first cases[] = {
		{ "2026-11-24 11:29:04,963 INFO [main] took 12 ms for x\n  at y.z(3)\n", {0}, "log", 1,
		  1, 0, T + 963000000, 12000000, SP_STAMP_UNKNOWN, "INFO [main] took 12 ms for x" },
		{ "2026-11-24 11:29:04,063\n2026-11-24 11:29:05,963\n", {0}, "csv", 2, 1, 0,
		  T + 63000000, SP_UNKNOWN_NS, SP_STAMP_UNKNOWN, NULL },
		{ "INFO 2026-11-24 11:29:04.551 slow\n", {0}, "log", 1, 1, 0, T + 551000000,
		  SP_UNKNOWN_NS, SP_STAMP_UNKNOWN, "slow" },
		{ "26/11/24 11:29:04 WARN Executor: latency=0.25s\n", {0}, "log", 1, 1, 0, T,
		  250000000, SP_STAMP_UNKNOWN, NULL },
		{ "[Tue Nov 24 11:29:04 2026] [error] x\n", {0}, "log", 1, 1, 0, T, SP_UNKNOWN_NS,
		  SP_STAMP_UNKNOWN, "[error] x" },
		{ "Nov 24 11:29:04 host app[77]: request done in 60.5ms\n", {0}, "log", 1, 1, 0, T,
		  60500000, SP_STAMP_UNKNOWN, NULL },
		{ "2026-11-24T11:29:04.2Z level=warn rtt_us=250 retries=3\n", {0}, "log", 1, 1, 0,
		  T + 200000000, 250000, SP_STAMP_UNKNOWN, NULL },
		{ "10.0.0.1 - - [24/Nov/2026:12:29:04 +0100] \"GET / HTTP/1.1\" 200 5\n", {0}, "log", 1,
		  1, 0, T, SP_UNKNOWN_NS, SP_STAMP_UNKNOWN, NULL },
		{ "10.0.0.1 1795519744.200 GET /\n", {0}, "log", 1, 1, 0, T + 200000000,
		  SP_UNKNOWN_NS, SP_STAMP_UNKNOWN, "GET /" },
		/* Neither a time nor two durations are a latency. */
		{ "2026-11-24 11:29:04 waited 5 ms then 7 ms at 10:00:00\n", {0}, "log", 1, 1, 0, T,
		  SP_UNKNOWN_NS, SP_STAMP_UNKNOWN, NULL },
		{ "[1795519744.25] 10.0.0.1 : [0], 64 bytes, 0.04 ms (0.04 avg, 0% loss)\n", {0},
		  "log", 1, 1, 0, T + 250000000, 40000, SP_STAMP_UNKNOWN, NULL },
		{ "2026-11-24 12:29:04 x\n", { .tz = "+01:00" }, "log", 1, 1, 0, T, SP_UNKNOWN_NS,
		  SP_STAMP_UNKNOWN, "x" },
		{ "x t=2026-11-24T11:29:04Z d=60.5 who=a b\ny\n",
		  { .regex = "t=(?<time>\\S+) d=(?<latency>\\S+) who=(?<label>.*)" }, "regex", 1, 1,
		  0, T, 60500000, SP_STAMP_UNKNOWN, "a b" },
		{ "1795519744 cpu 5 250\n",
		  { .regex = "^(?<time>\\d+) cpu (?<cpu>\\d+) (?<latency_us>\\d+)" }, "regex", 1, 1,
		  5, T, 250000, SP_STAMP_UNKNOWN, NULL },
	};
	/* clang-format on */
	struct got g;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(&cases[i]);
	g = reads(cases[0].text, (struct spikefile_cfg){ 0 });
	assert_true(g.seen.zoneless && g.seen.tz_assumed);
	assert_string_equal(g.seen.zone, "UTC");
	drop(&g);
	g = reads(cases[0].text, (struct spikefile_cfg){ .tz = "+02:00" });
	assert_true(g.seen.zoneless && !g.seen.tz_assumed);
	assert_int_equal(g.seen.zone_offset_s, 7200);
	drop(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables), cmocka_unit_test(captures), cmocka_unit_test(ping),
		cmocka_unit_test(hping),  cmocka_unit_test(logs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
