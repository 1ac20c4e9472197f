/*
 * sampler/shedder and thinner on this kernel: rings that overflow lose events level by level, and a
 * flood of NET_RX is thinned and recorded whole again. Skips without the privilege to profile.
 */
#include "unit.h"

#include "collect.h"
#include "header.h"
#include "sampler.h"
#include "stream.h"

#include <arpa/inet.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NS_MS 1000000ULL
/* What a machine under a sanitizer, busy with others' work, may take. */
#define PATIENCE_NS (20000 * NS_MS)

static struct collect got;

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static pid_t child(void (*work)(void))
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pin(0);
	for (;;)
		work();
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void spin(void)
{
	for (volatile int i = 0; i < 1000000; i++)
		;
}

/* Packets to ourselves over the loopback device: each a NET_RX on this CPU. */
static void send_packets(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	socklen_t len = sizeof(to);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char byte = 0;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof(to)) ||
	    getsockname(fd, (struct sockaddr *)&to, &len) ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)))
		_exit(1);
	while (send(fd, &byte, 1, 0) == 1 && recv(fd, &byte, 1, 0) == 1)
		;
	_exit(1);
}

static struct sampler *start(const struct sampler_cfg *cfg)
{
	struct sp_err err = SP_ERR_INIT;
	struct sampler *s = NULL;

	assert_int_equal(sampler_new(&s, cfg, &err), 0);
	assert_int_equal(sampler_start(s, collect_sink(&got), &err), 0);
	return s;
}

static void stop(struct sampler *s)
{
	struct sp_err err = SP_ERR_INIT;

	assert_int_equal(sampler_stop(s, &err), 0);
	sampler_free(s);
	collect_free(&got);
}

/* Whether a fact of that kind with this first number came, from record *from on. */
static bool told(uint16_t kind, uint32_t value, size_t *from)
{
	for (size_t i = *from; i < got.n; i++) {
		const uint8_t *body = collect_fact(&got, i, kind);

		if (body && sp_u32_at(body) == value) {
			*from = i + 1;
			return true;
		}
	}
	return false;
}

/* Polls, at most every pause, until it is told. */
static bool poll_until(struct sampler *s, uint16_t kind, uint32_t value, long pause_ns,
		       size_t *from)
{
	const struct timespec pause = { 0, pause_ns };
	struct sp_err err = SP_ERR_INIT;
	uint64_t until = stream_now() + PATIENCE_NS;

	while (!told(kind, value, from)) {
		if (stream_now() > until)
			return false;
		if (pause_ns)
			nanosleep(&pause, NULL);
		assert_int_equal(sampler_poll(s, 20, &err), 0);
		if (got.n > COLLECT_MAX / 2 && *from == 0)
			collect_free(&got);
	}
	return true;
}

static void overflow_sheds_down_to_light(void **state)
{
	static const uint32_t cpus[] = { 0 };
	const struct sampler_cfg cfg = { .cpus = cpus,
					 .ncpus = 1,
					 .event = "cpu-clock",
					 .freq_hz = 10000,
					 .detail = true,
					 .ring_bytes = 64 << 10 };
	pid_t load = child(spin);
	struct sampler *s = start(&cfg);
	size_t at = 0, quality = 0;

	(void)state;
	/* Nobody empties the ring for 300 ms at a time: it overflows. */
	assert_true(poll_until(s, SP_FACT_SHED, 1, 300 * NS_MS, &at));
	assert_true(poll_until(s, SP_FACT_SHED, 2, 300 * NS_MS, &at));
	assert_true(collect_count(&got, PERF_RECORD_LOST) > 0);
	assert_true(told(SP_FACT_QUALITY, SP_Q_SHED, &quality));
	end(load);
	stop(s);
}

static void a_flood_is_thinned_and_whole_again(void **state)
{
	static const uint32_t cpus[] = { 0 };
	const struct sampler_cfg cfg = {
		.cpus = cpus, .ncpus = 1, .event = "cpu-clock", .freq_hz = 1000
	};
	pid_t idle = child(spin), load;
	struct sampler *s = start(&cfg);
	size_t at = 0;

	(void)state;
	load = child(send_packets);
	if (!poll_until(s, SP_FACT_THIN, SP_SPARSE_EVERY, 0, &at)) {
		end(load);
		end(idle);
		stop(s);
		printf("skip: this machine does not reach 20,000 packets a second\n");
		skip();
	}
	end(load);
	assert_true(poll_until(s, SP_FACT_THIN, 1, 0, &at));
	end(idle);
	stop(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(overflow_sheds_down_to_light),
		cmocka_unit_test(a_flood_is_thinned_and_whole_again),
	};
	const uint32_t cpus[] = { 0 };
	const struct sampler_cfg cfg = { .cpus = cpus, .ncpus = 1, .freq_hz = 1000 };
	struct sp_err err = SP_ERR_INIT;
	struct sampler *s = NULL;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2 || sampler_new(&s, &cfg, &err)) {
		printf("skip: cannot record CPU 0 from another: %s\n", err.text);
		return 77;
	}
	sampler_free(s);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
