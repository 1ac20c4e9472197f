#include "observe.h"

#include "podname.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define NS_MS 1000000ULL
/* A clock pair a second follows an NTP slew of 500 ppm to half a microsecond. */
#define CLOCK_EVERY_NS (1000 * NS_MS)
/* Steal moves in steps of a tick of USER_HZ (10 ms): finer reading shows nothing more. */
#define STEAL_EVERY_NS (100 * NS_MS)
#define STEAL_SOON_NS  (5 * NS_MS)
#define NET_EVERY_NS   (1000 * NS_MS)
/* Tids remembered as told: direct-mapped, a collision tells again. */
#define TOLD_SLOTS 4096U
/* A reused tid is told again after this long. */
#define TOLD_FOR_NS (60000 * NS_MS)
#define MAX_PARENTS 8
#define POD_SLOTS   256U

enum file { FILE_STAT, FILE_SOFTNET, FILE_NETSTAT, FILE_SNMP, NFILES };

static const char *const paths[NFILES] = { "/proc/stat", "/proc/net/softnet_stat",
					   "/proc/net/netstat", "/proc/net/snmp" };

struct observe {
	const uint32_t *cpus;
	uint32_t ncpus;
	int fds[NFILES];
	bool *offline; /* one a CPU */
	uint64_t clock_at, steal_at, net_at;
	struct {
		uint32_t tid;
		uint64_t at;
	} told[TOLD_SLOTS];
	char pods[POD_SLOTS][PODNAME_UID]; /* told, or not to be found */
	char text[256 << 10];
};

int observe_new(struct observe **ret, const uint32_t *cpus, uint32_t ncpus, struct sp_err *err)
{
	sp_auto(observe) o = calloc(1, sizeof(*o));

	if (!o)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the observer");
	o->offline = calloc(ncpus, sizeof(*o->offline));
	if (!o->offline)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the observer");
	for (int i = 0; i < NFILES; i++)
		o->fds[i] = open(paths[i], O_RDONLY | O_CLOEXEC);
	o->cpus = cpus;
	o->ncpus = ncpus;
	*ret = sp_take(o);
	return SP_OK;
}

void observe_free(struct observe *o)
{
	if (!o)
		return;
	for (int i = 0; i < NFILES; i++)
		if (o->fds[i] > 0)
			close(o->fds[i]);
	free(o->offline);
	free(o);
}

/* The file's text in o->text; "" when it cannot be read: the fact is then not told. */
static const char *read_file(struct observe *o, enum file f)
{
	ssize_t n = o->fds[f] >= 0 ? pread(o->fds[f], o->text, sizeof(o->text) - 1, 0) : -1;

	o->text[n > 0 ? n : 0] = 0;
	return o->text;
}

static uint64_t clock_now(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

/* The narrowest of a few readings of REALTIME between two of MONOTONIC. */
static int tell_clock(struct stream *s, struct sp_err *err)
{
	uint64_t mono = 0, real = 0, width = UINT64_MAX;

	for (int i = 0; i < 5; i++) {
		uint64_t a = clock_now(CLOCK_MONOTONIC), r = clock_now(CLOCK_REALTIME),
			 b = clock_now(CLOCK_MONOTONIC);

		if (b - a < width) {
			width = b - a;
			mono = a + width / 2;
			real = r;
		}
	}
	fact_begin(s, SP_FACT_CLOCK, mono, UINT32_MAX);
	fact_u64(s, mono);
	fact_u64(s, real);
	fact_u64(s, width);
	return fact_end(s, err);
}

/* A CPU that is offline has no line in /proc/stat. Its events are dead from then on, also when it
 * comes back. */
static int tell_online(struct observe *o, struct stream *s, uint32_t i, bool online,
		       struct sp_err *err)
{
	int rc;

	if (o->offline[i] == !online)
		return SP_OK;
	o->offline[i] = !online;
	fact_begin(s, SP_FACT_ONLINE, stream_now(), o->cpus[i]);
	fact_u32(s, o->cpus[i]);
	fact_u32(s, online);
	rc = fact_end(s, err);
	return rc || online ? rc : fact_quality(s, SP_Q_OFFLINE, o->cpus[i], 1, "", err);
}

/* "cpuN user nice system idle iowait irq softirq steal …" in USER_HZ (proc_stat(5)). */
static int tell_steal(struct observe *o, struct stream *s, struct sp_err *err)
{
	uint64_t step = 1000000000ULL / (uint64_t)sysconf(_SC_CLK_TCK);
	const char *text = read_file(o, FILE_STAT);
	uint64_t now = stream_now();
	int rc = SP_OK;

	for (uint32_t i = 0; !rc && i < o->ncpus; i++) {
		char head[24];
		const char *line;
		uint64_t steal;

		snprintf(head, sizeof(head), "\ncpu%" PRIu32 " ", o->cpus[i]);
		line = strstr(text, head);
		/* "intr" follows the CPUs: without it the text was cut, or could not be read. */
		if (line || strstr(text, "\nintr "))
			rc = tell_online(o, s, i, line != NULL, err);
		if (rc || !line ||
		    sscanf(line + 1, "%*s %*u %*u %*u %*u %*u %*u %*u %" SCNu64, &steal) != 1)
			continue;
		fact_begin(s, SP_FACT_STEAL, now, o->cpus[i]);
		fact_u64(s, steal * step);
		fact_u64(s, step);
		rc = fact_end(s, err);
	}
	return rc;
}

/* One hexadecimal line a CPU; the 13th column is the CPU's number since 5.10. */
static int tell_softnet(struct observe *o, struct stream *s, struct sp_err *err)
{
	char *line = (char *)read_file(o, FILE_SOFTNET), *next;
	uint64_t now = stream_now();
	int rc = SP_OK;

	for (uint32_t row = 0; !rc && line && *line; line = next, row++) {
		uint32_t v[13], cpu = row;
		int n;

		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		n = sscanf(line, "%x %x %x %x %x %x %x %x %x %x %x %x %x", &v[0], &v[1], &v[2],
			   &v[3], &v[4], &v[5], &v[6], &v[7], &v[8], &v[9], &v[10], &v[11], &v[12]);
		if (n < 3)
			continue;
		if (n == 13)
			cpu = v[12];
		for (uint32_t i = 0; !rc && i < o->ncpus; i++) {
			if (o->cpus[i] != cpu)
				continue;
			fact_begin(s, SP_FACT_SOFTNET, now, cpu);
			fact_u64(s, v[0]);
			fact_u64(s, v[1]);
			fact_u64(s, v[2]);
			rc = fact_end(s, err);
		}
	}
	return rc;
}

/* The value under a name in the two-line tables of /proc/net/netstat and snmp. */
static uint64_t table_value(const char *text, const char *table, const char *name)
{
	const char *names = strstr(text, table), *values = names ? strchr(names, '\n') : NULL;
	size_t want = strlen(name);

	if (!values)
		return 0;
	values++;
	for (;;) {
		size_t n = strcspn(names, " \n"), v = strcspn(values, " \n");

		if (n == want && strncmp(names, name, n) == 0)
			return strtoull(values, NULL, 10);
		if (names[n] != ' ' || values[v] != ' ')
			return 0;
		names += n + 1;
		values += v + 1;
	}
}

static int tell_netstat(struct observe *o, struct stream *s, struct sp_err *err)
{
	uint64_t drops = table_value(read_file(o, FILE_NETSTAT), "TcpExt:", "PFMemallocDrop");
	uint64_t retrans = table_value(read_file(o, FILE_SNMP), "Tcp:", "RetransSegs");

	fact_begin(s, SP_FACT_NETSTAT, stream_now(), UINT32_MAX);
	fact_u64(s, drops);
	fact_u64(s, retrans);
	return fact_end(s, err);
}

static int tell_self(struct stream *s, struct sp_err *err)
{
	fact_begin(s, SP_FACT_SELF, stream_now(), UINT32_MAX);
	fact_u32(s, (uint32_t)getpid());
	fact_u64(s, clock_now(CLOCK_PROCESS_CPUTIME_ID));
	return fact_end(s, err);
}

static int tell_net(struct observe *o, struct stream *s, struct sp_err *err)
{
	int rc = tell_softnet(o, s, err);

	rc = rc ? rc : tell_netstat(o, s, err);
	return rc ? rc : tell_self(s, err);
}

int observe_all(struct observe *o, struct stream *s, struct sp_err *err)
{
	int rc = tell_clock(s, err);

	rc = rc ? rc : tell_steal(o, s, err);
	return rc ? rc : tell_net(o, s, err);
}

int observe_tick(struct observe *o, struct stream *s, uint64_t now_ns, bool soon,
		 struct sp_err *err)
{
	uint64_t steal_every = soon ? STEAL_SOON_NS : STEAL_EVERY_NS;
	int rc = SP_OK;

	if (now_ns - o->clock_at >= CLOCK_EVERY_NS) {
		o->clock_at = now_ns;
		rc = tell_clock(s, err);
	}
	if (!rc && now_ns - o->steal_at >= steal_every) {
		o->steal_at = now_ns;
		/* Every reading counts: steal between two equal readings is none. */
		rc = tell_steal(o, s, err);
	}
	if (!rc && now_ns - o->net_at >= NET_EVERY_NS) {
		o->net_at = now_ns;
		rc = tell_net(o, s, err);
	}
	return rc;
}

static bool read_small(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, size - 1) : -1;

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = 0;
	return n > 0;
}

/* TASK of one tid; returns its parent, 0 when there is none or it has ended. */
static uint32_t tell_task(struct stream *s, uint32_t tid, int *rc, struct sp_err *err)
{
	char path[48], text[1024], comm[SP_COMM_LEN] = "";
	const char *tgid, *ppid, *name;

	snprintf(path, sizeof(path), "/proc/%u/status", tid);
	if (!read_small(path, text, sizeof(text)))
		return 0;
	name = strstr(text, "Name:\t");
	tgid = strstr(text, "\nTgid:\t");
	ppid = strstr(text, "\nPPid:\t");
	if (!name || !tgid || !ppid)
		return 0;
	snprintf(comm, sizeof(comm), "%.*s", (int)strcspn(name + 6, "\n"), name + 6);
	fact_begin(s, SP_FACT_TASK, stream_now(), UINT32_MAX);
	fact_u32(s, tid);
	fact_u32(s, (uint32_t)strtoul(tgid + 7, NULL, 10));
	fact_u32(s, (uint32_t)strtoul(ppid + 7, NULL, 10));
	fact_str(s, comm);
	*rc = fact_end(s, err);
	return (uint32_t)strtoul(ppid + 7, NULL, 10);
}

static bool told(struct observe *o, uint32_t tid, uint64_t now)
{
	uint32_t slot = tid % TOLD_SLOTS;

	if (o->told[slot].tid == tid && now - o->told[slot].at < TOLD_FOR_NS)
		return true;
	o->told[slot].tid = tid;
	o->told[slot].at = now;
	return false;
}

/* The pod's name, once: the directory is looked through for it. */
static int tell_pod(struct observe *o, struct stream *s, const char *cgroup, struct sp_err *err)
{
	char uid[PODNAME_UID], name[PODNAME_LEN], key[PODNAME_UID + 4];
	uint32_t slot = 0;

	if (!podname_uid(cgroup, uid))
		return SP_OK;
	for (const char *c = uid; *c; c++)
		slot = slot * 31 + (uint8_t)*c;
	slot %= POD_SLOTS;
	if (strcmp(o->pods[slot], uid) == 0)
		return SP_OK;
	snprintf(o->pods[slot], sizeof(o->pods[slot]), "%s", uid);
	if (!podname_find(PODNAME_DIR, uid, name))
		return SP_OK;
	snprintf(key, sizeof(key), "pod:%s", uid);
	return fact_meta(s, key, name, err);
}

int observe_task(struct observe *o, struct stream *s, uint32_t tid, struct sp_err *err)
{
	uint64_t now = stream_now();
	char path[48], text[SP_MAX_STRING];
	uint32_t up = tid;
	int rc = SP_OK;

	if (!tid || told(o, tid, now))
		return SP_OK;
	snprintf(path, sizeof(path), "/proc/%u/cgroup", tid);
	if (read_small(path, text, sizeof(text))) {
		fact_begin(s, SP_FACT_CGROUP, now, UINT32_MAX);
		fact_u32(s, tid);
		fact_str(s, text);
		rc = fact_end(s, err);
	}
	rc = rc ? rc : tell_pod(o, s, text, err);
	for (int i = 0; !rc && up && i < MAX_PARENTS; i++) {
		up = tell_task(s, up, &rc, err);
		if (up && told(o, up, now))
			break;
	}
	return rc;
}
