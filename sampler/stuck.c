#include "stuck.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* Tids remembered a CPU: the running one is nearly always the newest or the one before. */
#define RECENT 4
/* Numbers counted down from the pid given out last: one-shot readers are young. Most are free. */
#define NEWEST 64U
/* Other processes looked through for those that run on the CPU, when the records do not tell: a
 * reading of /proc/PID/stat takes 10 µs or so, and a stall of interest 3 ms or more. */
#define SCAN_MAX 512
/* Processes listed before that; the rest of a larger machine is not looked at. */
#define PIDS_MAX 32768

struct stuck_cpu {
	uint32_t recent[RECENT]; /* newest first, 0 empty */
	bool idle;
	bool looked; /* in this silence */
	uint64_t moved_ns;
};

struct stuck {
	uint64_t silent_ns;
	uint32_t ncpus;
	uint32_t pids[PIDS_MAX];
	struct stuck_cpu cpus[];
};

int stuck_new(struct stuck **ret, uint32_t ncpus, uint64_t silent_ns, struct sp_err *err)
{
	struct stuck *w = calloc(1, sizeof(*w) + ncpus * sizeof(w->cpus[0]));

	if (!w)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the stuck watch");
	w->silent_ns = silent_ns;
	w->ncpus = ncpus;
	/* Nothing is known of a CPU before its first record: take it for idle. */
	for (uint32_t i = 0; i < ncpus; i++)
		w->cpus[i].idle = true;
	*ret = w;
	return SP_OK;
}

void stuck_free(struct stuck *w)
{
	free(w);
}

void stuck_see(struct stuck *w, uint32_t index, uint32_t tid, bool idle)
{
	struct stuck_cpu *c = &w->cpus[index];
	int at = 0;

	c->idle = idle;
	if (!tid || c->recent[0] == tid)
		return;
	while (at < RECENT - 1 && c->recent[at] != tid)
		at++;
	memmove(&c->recent[1], &c->recent[0], (size_t)at * sizeof(c->recent[0]));
	c->recent[0] = tid;
}

/* Layouts: sampler IDENTIFIER IP TID …, tracepoints IDENTIFIER TIME size RAW, RAW begins with
 * common_type, flags, preempt count and common_pid. */
uint32_t stuck_record(struct stuck *w, uint32_t index, const struct stuck_ids *ids,
		      const uint8_t *rec, uint16_t size)
{
	struct perf_event_header header;
	uint32_t tid = 0;
	uint64_t id;

	memcpy(&header, rec, sizeof(header));
	if (header.type == PERF_RECORD_COMM && size >= 16) {
		memcpy(&tid, rec + 12, sizeof(tid));
		stuck_see(w, index, tid, false);
		return 0;
	}
	if (header.type != PERF_RECORD_SAMPLE || size < 40)
		return 0;
	memcpy(&id, rec + 8, sizeof(id));
	if (id == ids->sampler[index]) {
		memcpy(&tid, rec + 28, sizeof(tid));
		stuck_see(w, index, tid, tid == 0);
		return tid;
	}
	if (id == ids->switches[index] && ids->next_pid_at && size >= 28 + ids->next_pid_at + 4 &&
	    28 + ids->next_pid_at + 4 <= STUCK_RECORD_BYTES) {
		memcpy(&tid, rec + 28 + ids->next_pid_at, sizeof(tid));
		stuck_see(w, index, tid, tid == 0);
	}
	return 0;
}

void stuck_moved(struct stuck *w, uint32_t index, uint64_t now_ns)
{
	w->cpus[index].moved_ns = now_ns;
	w->cpus[index].looked = false;
}

bool stuck_is(const struct stuck *w, uint32_t index, uint64_t now_ns)
{
	const struct stuck_cpu *c = &w->cpus[index];

	return !c->idle && now_ns - c->moved_ns >= w->silent_ns;
}

uint64_t stuck_due(const struct stuck *w, uint32_t index)
{
	const struct stuck_cpu *c = &w->cpus[index];

	return c->idle || c->looked ? UINT64_MAX : c->moved_ns + w->silent_ns;
}

static ssize_t read_at(int dir, const char *name, char *text, size_t size)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, size - 1) : -1;

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = 0;
	return n;
}

/* "nr arg0 … sp pc", or "running" when it is not in a system call, or on another CPU right now. */
static int tell_syscall(int task, uint32_t tid, struct stream *s, struct sp_err *err)
{
	char text[256];
	unsigned long long nr, arg0;

	if (read_at(task, "syscall", text, sizeof(text)) <= 0 ||
	    sscanf(text, "%llu %llx", &nr, &arg0) != 2)
		return SP_OK;
	fact_begin(s, SP_FACT_SYSCALL, stream_now(), UINT32_MAX);
	fact_u32(s, tid);
	fact_str(s, "");
	fact_u64(s, nr);
	fact_u64(s, arg0);
	return fact_end(s, err);
}

/* Reads all links first: the fact says how many come. */
static int tell_fds(int task, uint32_t tid, struct stream *s, struct sp_err *err)
{
	int fd = openat(task, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	uint32_t numbers[SP_MAX_FDS], n = 0;
	char path[SP_MAX_STRING];
	struct dirent *d;
	int rc;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return SP_OK; /* it has ended, or is a kernel thread */
	}
	while (n < SP_MAX_FDS && (d = readdir(dir)))
		if (isdigit((unsigned char)d->d_name[0]))
			numbers[n++] = (uint32_t)strtoul(d->d_name, NULL, 10);
	fact_begin(s, SP_FACT_FDS, stream_now(), UINT32_MAX);
	fact_u32(s, tid);
	fact_u32(s, n);
	for (uint32_t i = 0; i < n; i++) {
		char name[16];
		ssize_t len;

		snprintf(name, sizeof(name), "%u", numbers[i]);
		len = readlinkat(fd, name, path, sizeof(path) - 1);
		path[len > 0 ? len : 0] = 0;
		fact_u32(s, numbers[i]);
		fact_str(s, fact_room(s, strlen(path) + 8) ? path : "");
	}
	rc = n ? fact_end(s, err) : SP_OK;
	closedir(dir);
	return rc;
}

static int tell_task(uint32_t tid, struct observe *o, struct stream *s, struct sp_err *err)
{
	char path[32];
	int task, rc;

	snprintf(path, sizeof(path), "/proc/%u", tid);
	task = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (task < 0)
		return SP_OK;
	rc = tell_fds(task, tid, s, err);
	rc = rc ? rc : tell_syscall(task, tid, s, err);
	close(task);
	return rc ? rc : observe_task(o, s, tid, err);
}

/* Fields 3 (state) and 39 (processor) of /proc/PID/stat (proc_pid_stat(5)). */
static bool runs_on(int proc, uint32_t pid, uint32_t cpu)
{
	char name[32], text[1024];
	const char *at;

	snprintf(name, sizeof(name), "%u/stat", pid);
	if (read_at(proc, name, text, sizeof(text)) <= 0)
		return false;
	at = strrchr(text, ')');
	if (!at || at[1] != ' ' || at[2] != 'R')
		return false;
	at++;
	for (int field = 2; field < 38 && at; field++)
		at = strchr(at + 1, ' ');
	return at && strtoul(at + 1, NULL, 10) == cpu;
}

/* The pid given out last ("0.10 0.20 0.30 1/123 4567", proc_loadavg(5)); 0 unknown. */
static uint32_t last_pid(int proc)
{
	char text[128];
	const char *at;

	if (read_at(proc, "loadavg", text, sizeof(text)) <= 0)
		return 0;
	at = strrchr(text, ' ');
	return at ? (uint32_t)strtoul(at + 1, NULL, 10) : 0;
}

static uint32_t list_pids(DIR *proc, uint32_t *pids)
{
	struct dirent *d;
	uint32_t n = 0;

	while (n < PIDS_MAX && (d = readdir(proc)))
		if (isdigit((unsigned char)d->d_name[0]))
			pids[n++] = (uint32_t)strtoul(d->d_name, NULL, 10);
	return n;
}

static bool is_recent(const struct stuck_cpu *c, uint32_t tid)
{
	for (int i = 0; i < RECENT; i++)
		if (c->recent[i] == tid)
			return true;
	return false;
}

/* The last one seen there is told whatever its state; the others if they are to run there. */
static int look_at_likely(const struct stuck_cpu *c, int proc, uint32_t cpu, struct observe *o,
			  struct stream *s, struct sp_err *err)
{
	uint32_t last;
	int rc = SP_OK;

	for (int i = 0; !rc && i < RECENT && c->recent[i]; i++)
		if (i == 0 || runs_on(proc, c->recent[i], cpu))
			rc = tell_task(c->recent[i], o, s, err);
	last = last_pid(proc);
	for (uint32_t i = 0; !rc && i < NEWEST && i < last; i++)
		if (!is_recent(c, last - i) && runs_on(proc, last - i, cpu))
			rc = tell_task(last - i, o, s, err);
	return rc;
}

/* The other running tasks of the CPU, newest process first. The kernel lists pids in ascending
 * order, and begins again from the lowest when they run out. */
static int look_at_others(struct stuck *w, const struct stuck_cpu *c, DIR *proc, uint32_t cpu,
			  struct observe *o, struct stream *s, struct sp_err *err)
{
	uint32_t last = last_pid(dirfd(proc)), n = list_pids(proc, w->pids), newest = n;
	int rc = SP_OK;

	while (newest > 0 && w->pids[newest - 1] > last)
		newest--;
	for (uint32_t i = 0; !rc && i < n && i < SCAN_MAX; i++) {
		uint32_t pid = w->pids[(newest + n - 1 - i) % n];

		if (last - pid >= NEWEST && !is_recent(c, pid) && runs_on(dirfd(proc), pid, cpu))
			rc = tell_task(pid, o, s, err);
	}
	return rc;
}

int stuck_look(struct stuck *w, uint32_t index, uint32_t cpu, uint64_t now_ns, unsigned parts,
	       struct observe *o, struct stream *s, struct sp_err *err)
{
	struct stuck_cpu *c = &w->cpus[index];
	int rc = SP_OK;
	DIR *proc;

	if (c->looked || !stuck_is(w, index, now_ns))
		return SP_OK;
	c->looked = true;
	proc = opendir("/proc");
	if (!proc)
		return SP_OK;
	if (parts & STUCK_LIKELY)
		rc = look_at_likely(c, dirfd(proc), cpu, o, s, err);
	if (!rc && (parts & STUCK_OTHERS))
		rc = look_at_others(w, c, proc, cpu, o, s, err);
	closedir(proc);
	return rc;
}
