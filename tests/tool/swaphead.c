#include "swap.h"

#include <sirqprof/perfdata.h>

#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void many_32(struct swap_bytes *b, uint64_t n)
{
	while (n-- && !b->over)
		swap_32(b);
}

static void many_64(struct swap_bytes *b, uint64_t n)
{
	while (n-- && !b->over)
		swap_64(b);
}

/* In a bit field the first bit of a byte is its lowest here, its highest there. */
static void bits(struct swap_bytes *b, size_t n)
{
	for (; n-- && b->at < b->end; b->at++) {
		uint8_t v = 0;

		for (int i = 0; i < 8; i++)
			v = (uint8_t)(v | (*b->at >> i & 1) << (7 - i));
		*b->at = v;
	}
}

void swap_attr(struct swap *s, struct swap_bytes *b, uint32_t size)
{
	/* struct perf_event_attr: letters as in swap.c, '#' the 64 flags. */
	static const char layout[] = "448888#44888844842244888888888888888888888888888888888888888";
	struct swap_bytes one = *b;
	struct swap_attr a = { 0 };
	size_t at = 0;

	swap_skip(b, size);
	if (b->over ||
	    size < PERF_ATTR_SIZE_VER0) { /* no attr; what says so is turned all the same */
		swap_32(&one);
		swap_32(&one);
		b->at = b->end;
		return;
	}
	one.end = one.at + size;
	for (const char *l = layout; *l && one.at < one.end; l++) {
		uint64_t v = 0;

		if (*l == '#') {
			a.sample_id_all = one.end - one.at >= 3 && one.at[2] & 1 << 2;
			bits(&one, 8);
			at += 8;
			continue;
		}
		v = *l == '8' ? swap_64(&one) : *l == '4' ? swap_32(&one) : swap_16(&one);
		a.type = at == 0 ? (uint32_t)v : a.type;
		a.config = at == 8 ? v : a.config;
		a.sample_type = at == 24 ? v : a.sample_type;
		a.read_format = at == 32 ? v : a.read_format;
		a.branch_type = at == 72 ? v : a.branch_type;
		a.regs_user = at == 80 ? v : a.regs_user;
		a.regs_intr = at == 96 ? v : a.regs_intr;
		at += (size_t)(*l - '0');
	}
	if (s->nattrs < SWAP_ATTRS)
		s->attrs[s->nattrs++] = a;
}

void swap_id(struct swap *s, struct swap_bytes *b)
{
	uint64_t id = swap_64(b);

	if (b->over || s->nids == SWAP_IDS || !s->nattrs)
		return;
	s->ids[s->nids].id = id;
	s->ids[s->nids++].attr = s->nattrs - 1;
}

/* One line of a format: "\tfield:int x[2];\toffset:8;\tsize:4;\tsigned:1;" */
static void format_field(struct swap_point *p, const char *line)
{
	const char *offset = strstr(line, "offset:"), *size = strstr(line, "size:");
	const char *semicolon = strchr(line, ';'), *bracket = strchr(line, '[');
	unsigned long n;

	if (!strstr(line, "field:") || !offset || !size || !semicolon || p->nfields == SWAP_FIELDS)
		return;
	n = strtoul(size + 5, NULL, 10);
	/* Text and other arrays are bytes; __data_loc says char[] but is a number. */
	if (bracket && bracket < semicolon && !strstr(line, "__data_loc"))
		return;
	if (n != 2 && n != 4 && n != 8)
		return;
	p->fields[p->nfields].at = (uint16_t)strtoul(offset + 7, NULL, 10);
	p->fields[p->nfields++].size = (uint16_t)n;
}

static void format(struct swap *s, const uint8_t *text, size_t size)
{
	struct swap_point *p = &s->points[s->npoints];
	char *copy, *line, *save = NULL;

	if (s->npoints == SWAP_POINTS || !(copy = strndup((const char *)text, size)))
		return;
	*p = (struct swap_point){ 0 };
	for (line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, "ID: ", 4) == 0)
			p->id = (uint32_t)strtoul(line + 4, NULL, 10);
		else if (strncmp(line, "print fmt", 9) == 0)
			break;
		else
			format_field(p, line);
	}
	s->npoints++;
	free(copy);
}

static void text_end(struct swap_bytes *b)
{
	const uint8_t *nul = b->at < b->end ? memchr(b->at, 0, (size_t)(b->end - b->at)) : NULL;

	swap_skip(b, nul ? (uint64_t)(nul - b->at) + 1 : UINT64_MAX);
}

/* tools/perf/util/trace-event-info.c: tracing_data_get() */
void swap_tracing(struct swap *s, struct swap_bytes *b)
{
	uint32_t systems;

	swap_skip(b, 10); /* magic */
	text_end(b);	  /* version */
	if (b->at < b->end)
		*b->at = !*b->at; /* big endian? */
	swap_skip(b, 2);
	swap_32(b); /* size of a page */
	for (int i = 0; i < 2; i++) {
		text_end(b);
		swap_skip(b, swap_64(b));
	}
	for (uint32_t n = swap_32(b); n-- && !b->over;)
		swap_skip(b, swap_64(b));
	for (systems = swap_32(b); systems-- && !b->over;) {
		text_end(b);
		for (uint32_t n = swap_32(b); n-- && !b->over;) {
			uint64_t size = swap_64(b);
			const uint8_t *text = b->at;

			swap_skip(b, size);
			if (!b->over)
				format(s, text, size);
		}
	}
	swap_skip(b, swap_32(b)); /* kallsyms */
	swap_skip(b, swap_32(b)); /* printk formats */
	swap_skip(b, swap_64(b)); /* saved comms */
}

static void string(struct swap_bytes *b)
{
	swap_skip(b, swap_32(b));
}

static void strings(struct swap_bytes *b, uint64_t n, unsigned int each)
{
	while (n-- && !b->over)
		for (unsigned int i = 0; i < each; i++)
			string(b);
}

static void event_desc(struct swap *s, struct swap_bytes *b)
{
	static struct swap scratch; /* the attrs are known already */
	uint32_t n = swap_32(b), size = swap_32(b);

	(void)s;
	while (n-- && !b->over) {
		uint32_t ids;

		scratch.nattrs = scratch.nids = 0;
		if (size < PERF_ATTR_SIZE_VER0)
			swap_skip(b, size);
		else
			swap_attr(&scratch, b, size);
		ids = swap_32(b);
		string(b);
		many_64(b, ids);
	}
}

static void cache(struct swap_bytes *b)
{
	uint32_t n;

	swap_32(b);
	for (n = swap_32(b); n-- && !b->over;) {
		many_32(b, 4);
		strings(b, 1, 3);
	}
}

static void numa(struct swap_bytes *b)
{
	for (uint32_t n = swap_32(b); n-- && !b->over;) {
		swap_32(b);
		many_64(b, 2);
		string(b);
	}
}

static void topology(struct swap_bytes *b)
{
	strings(b, swap_32(b), 1);
	strings(b, swap_32(b), 1);
	/* Core and socket of each CPU; the dies that may follow begin with a count. */
	while (b->end - b->at >= 4)
		swap_32(b);
}

static void memory(struct swap_bytes *b)
{
	uint64_t n;

	many_64(b, 2);
	for (n = swap_64(b); n-- && !b->over;) {
		many_64(b, 2);
		many_64(b, (swap_64(b) + 63) / 64);
	}
}

static void groups(struct swap_bytes *b)
{
	for (uint32_t n = swap_32(b); n-- && !b->over;) {
		string(b);
		many_32(b, 2);
	}
}

static void pmus(struct swap_bytes *b)
{
	for (uint32_t n = swap_32(b); n-- && !b->over;) {
		swap_32(b);
		string(b);
	}
}

static void build_ids(struct swap_bytes *b)
{
	while (b->end - b->at >= 8) {
		uint16_t size;

		memcpy(&size, b->at + 6, 2);
		swap_32(b);
		swap_16(b);
		swap_16(b);
		if (size < 8 || size - 8 > b->end - b->at)
			return;
		if (size < 12) {
			swap_skip(b, size - 8U);
			continue;
		}
		swap_32(b); /* pid, then the id and the path */
		swap_skip(b, size - 12U);
	}
}

bool swap_feature(struct swap *s, uint32_t bit, struct swap_bytes *b)
{
	switch (bit) {
	case SP_FEAT_BUILD_ID:
		build_ids(b);
		return true;
	case SP_FEAT_HOSTNAME:
	case SP_FEAT_OSRELEASE:
	case SP_FEAT_VERSION:
	case SP_FEAT_ARCH:
	case SP_FEAT_CPUDESC:
	case SP_FEAT_CPUID:
		string(b);
		return true;
	case SP_FEAT_NRCPUS:
		many_32(b, 2);
		return true;
	case SP_FEAT_TOTAL_MEM:
	case SP_FEAT_CLOCKID:
	case SP_FEAT_DIR_FORMAT:
		swap_64(b);
		return true;
	case SP_FEAT_SAMPLE_TIME:
		many_64(b, 2);
		return true;
	case SP_FEAT_CMDLINE:
		strings(b, swap_32(b), 1);
		return true;
	case SP_FEAT_EVENT_DESC:
		event_desc(s, b);
		return true;
	case SP_FEAT_CPU_TOPOLOGY:
		topology(b);
		return true;
	case SP_FEAT_NUMA_TOPOLOGY:
		numa(b);
		return true;
	case SP_FEAT_PMU_MAPPINGS:
		pmus(b);
		return true;
	case SP_FEAT_GROUP_DESC:
		groups(b);
		return true;
	case SP_FEAT_CACHE:
		cache(b);
		return true;
	case SP_FEAT_MEM_TOPOLOGY:
		memory(b);
		return true;
	case SP_FEAT_CPU_PMU_CAPS:
		strings(b, swap_32(b), 2);
		return true;
	case SP_FEAT_COMPRESSED:
		many_32(b, 5);
		return true;
	case SP_FEAT_CLOCK_DATA:
		many_32(b, 2);
		many_64(b, 2);
		return true;
	case SP_FEAT_TRACING_DATA:
		swap_tracing(s, b);
		return true;
	case SP_FEAT_BRANCH_STACK: /* say it by being there */
	case SP_FEAT_STAT:
		return true;
	default: /* BPF_PROG_INFO, BPF_BTF, HYBRID_TOPOLOGY, PMU_CAPS, AUXTRACE … */
		return false;
	}
}
