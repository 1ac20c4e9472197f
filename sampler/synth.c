#include "synth.h"

#include "bytes.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <sys/mman.h>

/* perf's name for the kernel's text (tools/perf/util/symbol.h). */
#define KERNEL_MAP "[kernel.kallsyms]_text"

struct synth {
	struct stream *out;
	struct bytes b;
	uint64_t id;
};

static void begin(struct synth *y)
{
	struct perf_event_header header = { 0 };

	y->b.len = 0;
	bytes_put(&y->b, &header, sizeof(header));
}

/* The sample_id trailer of the side event (TID, TIME, CPU, IDENTIFIER), then the header. */
static int finish(struct synth *y, uint32_t type, uint16_t misc, uint32_t pid, uint32_t tid,
		  struct sp_err *err)
{
	struct perf_event_header header = { .type = type, .misc = misc };

	bytes_align(&y->b, 8);
	bytes_u32(&y->b, pid);
	bytes_u32(&y->b, tid);
	bytes_u64(&y->b, 0);
	bytes_u64(&y->b, 0);
	bytes_u64(&y->b, y->id);
	if (y->b.failed)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the process list");
	header.size = (uint16_t)y->b.len;
	memcpy(y->b.at, &header, sizeof(header));
	return stream_record(y->out, y->b.at, header.size, err);
}

static int put_comm(struct synth *y, uint32_t pid, uint32_t tid, const char *comm,
		    struct sp_err *err)
{
	begin(y);
	bytes_u32(&y->b, pid);
	bytes_u32(&y->b, tid);
	bytes_put(&y->b, comm, strlen(comm) + 1);
	return finish(y, PERF_RECORD_COMM, 0, pid, tid, err);
}

static int put_fork(struct synth *y, uint32_t pid, uint32_t ppid, uint32_t tid, struct sp_err *err)
{
	begin(y);
	bytes_u32(&y->b, pid);
	bytes_u32(&y->b, ppid);
	bytes_u32(&y->b, tid);
	bytes_u32(&y->b, ppid);
	bytes_u64(&y->b, 0);
	return finish(y, PERF_RECORD_FORK, 0, pid, tid, err);
}

struct map_line {
	uint64_t start, end, pgoff, ino;
	unsigned int maj, min;
	char perms[8];
	char path[SP_MAX_STRING];
};

/* One line of /proc/PID/maps (proc(5)); the path may hold blanks and is the rest of the line. */
static bool parse_map(const char *line, struct map_line *m)
{
	int at = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %" SCNx64 " %x:%x %" SCNu64 " %n", &m->start,
		   &m->end, m->perms, &m->pgoff, &m->maj, &m->min, &m->ino, &at) < 7)
		return false;
	snprintf(m->path, sizeof(m->path), "%s", at ? line + at : "");
	m->path[strcspn(m->path, "\n")] = 0;
	if (!m->path[0])
		snprintf(m->path, sizeof(m->path), "//anon");
	return true;
}

static int put_map(struct synth *y, uint32_t pid, const struct map_line *m, struct sp_err *err)
{
	begin(y);
	bytes_u32(&y->b, pid);
	bytes_u32(&y->b, pid);
	bytes_u64(&y->b, m->start);
	bytes_u64(&y->b, m->end - m->start);
	bytes_u64(&y->b, m->pgoff);
	bytes_u32(&y->b, m->maj);
	bytes_u32(&y->b, m->min);
	bytes_u64(&y->b, m->ino);
	bytes_u64(&y->b, 0);
	bytes_u32(&y->b, PROT_READ | PROT_EXEC);
	bytes_u32(&y->b, MAP_PRIVATE);
	bytes_put(&y->b, m->path, strlen(m->path) + 1);
	return finish(y, PERF_RECORD_MMAP2, PERF_RECORD_MISC_USER, pid, pid, err);
}

static int maps_of(struct synth *y, uint32_t pid, struct sp_err *err)
{
	char path[64], line[SP_MAX_STRING + 128];
	struct map_line m;
	int rc = SP_OK;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/maps", pid);
	f = fopen(path, "re");
	while (f && !rc && fgets(line, sizeof(line), f))
		if (parse_map(line, &m) && m.perms[2] == 'x')
			rc = put_map(y, pid, &m, err);
	if (f)
		fclose(f);
	return rc;
}

static bool read_comm(uint32_t pid, uint32_t tid, char comm[SP_COMM_LEN])
{
	char path[64], text[64] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/task/%u/comm", pid, tid);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (!fgets(text, sizeof(text), f))
		text[0] = 0;
	fclose(f);
	text[strcspn(text, "\n")] = 0;
	text[SP_COMM_LEN - 1] = 0; /* workqueue threads show more than comm holds */
	memcpy(comm, text, SP_COMM_LEN);
	return comm[0];
}

static uint32_t parent_of(uint32_t pid)
{
	char path[64], text[512] = "";
	const char *after;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (!fgets(text, sizeof(text), f))
		text[0] = 0;
	fclose(f);
	after = strrchr(text, ')'); /* comm may hold blanks and brackets */
	return after && strlen(after) > 4 ? (uint32_t)strtoul(after + 4, NULL, 10) : 0;
}

static int threads_of(struct synth *y, uint32_t pid, struct sp_err *err)
{
	char path[64], comm[SP_COMM_LEN];
	struct dirent *d;
	int rc = SP_OK;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%u/task", pid);
	dir = opendir(path);
	while (dir && !rc && (d = readdir(dir))) {
		uint32_t tid = (uint32_t)strtoul(d->d_name, NULL, 10);

		if (!tid || !read_comm(pid, tid, comm))
			continue;
		rc = put_fork(y, pid, tid == pid ? parent_of(pid) : pid, tid, err);
		rc = rc ? rc : put_comm(y, pid, tid, comm, err);
	}
	if (dir)
		closedir(dir);
	return rc;
}

int synth_all(struct stream *s, uint64_t lead_id, struct sp_err *err)
{
	struct synth y = { .out = s, .id = lead_id };
	DIR *proc = opendir("/proc");
	struct dirent *d;
	int rc = SP_OK;

	while (proc && !rc && (d = readdir(proc))) {
		uint32_t pid;

		if (!isdigit((unsigned char)d->d_name[0]))
			continue;
		pid = (uint32_t)strtoul(d->d_name, NULL, 10);
		rc = threads_of(&y, pid, err);
		rc = rc ? rc : maps_of(&y, pid, err);
	}
	if (proc)
		closedir(proc);
	bytes_free(&y.b);
	return rc;
}

int synth_kernel(struct stream *s, uint64_t lead_id, struct sp_err *err)
{
	struct synth y = { .out = s, .id = lead_id };
	uint64_t start = 0;
	char line[256];
	FILE *f = fopen("/proc/kallsyms", "re");
	int rc;

	/* _text is the first or among the first lines: no need to read 120,000. */
	for (int i = 0; f && !start && i < 2000 && fgets(line, sizeof(line), f); i++) {
		const char *name = strrchr(line, ' ');

		if (name && (strcmp(name, " _text\n") == 0 || strcmp(name, " _stext\n") == 0))
			start = strtoull(line, NULL, 16);
	}
	if (f)
		fclose(f);
	if (!start)
		return SP_OK; /* addresses withheld: names are missing anyway, said elsewhere */
	begin(&y);
	bytes_u32(&y.b, UINT32_MAX);
	bytes_u32(&y.b, 0);
	bytes_u64(&y.b, start);
	bytes_u64(&y.b, UINT64_MAX - start);
	bytes_u64(&y.b, start);
	bytes_put(&y.b, KERNEL_MAP, sizeof(KERNEL_MAP));
	rc = finish(&y, PERF_RECORD_MMAP, PERF_RECORD_MISC_KERNEL, UINT32_MAX, 0, err);
	bytes_free(&y.b);
	return rc;
}
