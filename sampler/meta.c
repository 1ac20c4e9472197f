#include "meta.h"

#include "allowed.h"

#include <sirqprof/version.h>

#include <inttypes.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* The first line of a file without its newline; "" when it cannot be read. */
static void first_line(const char *path, char *ret, size_t size)
{
	FILE *f = fopen(path, "re");

	ret[0] = 0;
	if (!f)
		return;
	if (!fgets(ret, (int)size, f))
		ret[0] = 0;
	fclose(f);
	ret[strcspn(ret, "\n")] = 0;
}

/* The running kernel's GNU build-id in hex: the first note of that type in /sys/kernel/notes
 * (elf(5));
 * "" when there is none. */
static void kernel_build_id(char *ret, size_t size)
{
	FILE *f = fopen("/sys/kernel/notes", "re");
	uint8_t text[4096];
	size_t n = f ? fread(text, 1, sizeof(text), f) : 0, at = 0;

	ret[0] = 0;
	if (f)
		fclose(f);
	while (n - at >= 12) {
		uint32_t head[3]; /* sizes of name and description, type */
		size_t desc;

		memcpy(head, text + at, sizeof(head));
		desc = at + 12 + ((head[0] + 3U) & ~3U);
		if (head[0] > n || head[1] > n || desc > n || head[1] > n - desc)
			return;
		if (head[2] == 3 && head[0] == 4 && memcmp(text + at + 12, "GNU", 4) == 0) {
			for (size_t i = 0; i < head[1] && 2 * i + 3 <= size; i++)
				snprintf(ret + 2 * i, 3, "%02x", text[desc + i]);
			return;
		}
		at = desc + ((head[1] + 3U) & ~3U);
		if (at > n)
			return;
	}
}

/* Our own command line, blanks between its words. */
static void command_line(char *ret, size_t size)
{
	FILE *f = fopen("/proc/self/cmdline", "re");
	size_t n = f ? fread(ret, 1, size - 1, f) : 0;

	if (f)
		fclose(f);
	ret[n] = 0;
	for (size_t i = 0; i + 1 < n; i++)
		if (!ret[i])
			ret[i] = ' ';
}

/* The zone of this host, as seconds east of UTC. */
static long zone_offset(void)
{
	time_t now = time(NULL);
	struct tm tm;

	return localtime_r(&now, &tm) ? tm.tm_gmtoff : 0;
}

int meta_tell(struct stream *s, const struct plan *p, const struct meta *m, struct sp_err *err)
{
	char boot[64], number[32], id[96], line[1024], build_id[64];
	struct utsname u;
	int rc;

	first_line("/proc/sys/kernel/random/boot_id", boot, sizeof(boot));
	snprintf(id, sizeof(id), "%.8s-%" PRIx64, boot, m->begin_ns / 1000);
	rc = fact_meta(s, "version", SP_VERSION, err);
	/* The same as in the header, for recordings that were never closed. */
	if (!rc && !uname(&u)) {
		rc = fact_meta(s, "host", u.nodename, err);
		rc = rc ? rc : fact_meta(s, "kernel", u.release, err);
		/* There softirqs are preempted as threads are: fewer things are proven. */
		if (!rc && strstr(u.version, "PREEMPT_RT"))
			rc = fact_meta(s, "realtime", "1", err);
	}
	kernel_build_id(build_id, sizeof(build_id));
	if (!rc && build_id[0])
		rc = fact_meta(s, "kernel_build_id", build_id, err);
	rc = rc ? rc : fact_meta(s, "boot_id", boot, err);
	rc = rc ? rc : fact_meta(s, "capture_id", id, err);
	rc = rc ? rc : fact_meta(s, "sampler", p->sampler, err);
	command_line(line, sizeof(line));
	rc = rc ? rc : fact_meta(s, "cmdline", line, err);
	snprintf(number, sizeof(number), "%" PRIu64, p->period_ns);
	rc = rc ? rc : fact_meta(s, "period_ns", number, err);
	snprintf(number, sizeof(number), "%ld", zone_offset());
	rc = rc ? rc : fact_meta(s, "tz_offset", number, err);
	if (m->witness != UINT32_MAX) {
		snprintf(number, sizeof(number), "%u", m->witness);
		rc = rc ? rc : fact_meta(s, "witness", number, err);
	} else if (m->ncpus == 1) {
		/* Several profiled CPUs are each other's witnesses. */
		rc = rc ? rc : fact_quality(s, SP_Q_NO_WITNESS, UINT32_MAX, 1, "", err);
	}
	if (!rc && allowed_pids_hidden())
		rc = fact_quality(s, SP_Q_PIDNS, UINT32_MAX, 1, "", err);
	if (!rc && m->ring_bytes < m->ring_asked)
		rc = fact_quality(s, SP_Q_SMALL_RING, UINT32_MAX, m->ring_bytes, "", err);
	for (uint32_t i = 0; !rc && i < p->nnotes; i++)
		rc = fact_quality(s, p->notes[i].code, UINT32_MAX, 1, p->notes[i].detail, err);
	return rc;
}
