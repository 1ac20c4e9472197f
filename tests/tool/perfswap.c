/*
 * A perf.data recording, as a machine of the other byte order would have written it.
 *
 *	perfswap <input >output
 *
 * File or pipe mode, both without compressed records. Feature sections that it does not know the
 * insides of (BPF programs, hybrid topology) are left out, which is said.
 */
#include "swap.h"

#include <sirqprof/perfdata.h>

#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct swap swap;
static uint8_t *file;
static size_t size;

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "perfswap: %s\n", what);
	exit(1);
}

static void read_all(void)
{
	size_t room = 1 << 20, n;

	file = malloc(room);
	while (file && (n = fread(file + size, 1, room - size, stdin)) > 0) {
		size += n;
		if (size == room)
			file = realloc(file, room *= 2);
	}
	if (!file || size < SP_PIPE_HEADER_SIZE)
		die("no recording on standard input");
}

/* Records from one offset to another. */
static void records(uint64_t at, uint64_t end)
{
	while (at < end) {
		struct perf_event_header h;
		uint64_t blob = 0;
		uint32_t tracing;

		if (end - at < sizeof(h))
			die("it ends inside a record");
		memcpy(&h, file + at, sizeof(h));
		if (h.type == SP_REC_COMPRESSED || h.type == SP_REC_COMPRESSED2)
			die("compressed records cannot be turned");
		if (h.type == SP_REC_HEADER_TRACING_DATA) {
			memcpy(&tracing, file + at + 8, 4);
			blob = tracing;
		} else if (h.type == SP_REC_AUXTRACE) {
			memcpy(&blob, file + at + 8, 8);
		}
		if (h.size < sizeof(h) || h.size + blob > end - at)
			die("it ends inside a record");
		swap_record(&swap, file + at, h.size + (h.type == SP_REC_AUXTRACE ? 0 : blob));
		at += h.size + blob;
	}
}

static void attrs(const struct sp_file_header *h)
{
	for (uint64_t at = h->attrs.offset; at + h->attr_size <= h->attrs.offset + h->attrs.size;
	     at += h->attr_size) {
		struct swap_bytes b = { file + at, file + at + h->attr_size, false };
		struct swap_bytes ids;
		struct sp_file_section where;
		uint32_t own;

		memcpy(&where, b.end - sizeof(where), sizeof(where));
		memcpy(&own, b.at + 4, sizeof(own));
		b.end -= sizeof(where);
		swap_attr(&swap, &b, (uint32_t)(h->attr_size - sizeof(where)));
		ids = (struct swap_bytes){ file + where.offset, file + where.offset + where.size,
					   false };
		while (ids.at < ids.end)
			swap_id(&swap, &ids);
		b.end += sizeof(where);
		swap_64(&b);
		swap_64(&b);
	}
}

/* Turns the sections and their table; what cannot be turned is taken out of both. */
static void features(struct sp_file_header *h)
{
	uint64_t row = h->data.offset + h->data.size, to = row;

	if (row + 16 > size)
		return;
	for (uint32_t bit = 0; bit < SP_FEATURE_BITS; bit++) {
		struct sp_file_section where;
		struct swap_bytes b;

		if (!(h->features[bit / 64] >> bit % 64 & 1))
			continue;
		memcpy(&where, file + row, sizeof(where));
		row += sizeof(where);
		b = (struct swap_bytes){ file + where.offset, file + where.offset + where.size,
					 false };
		/* The formats had their turn before the records. */
		if (bit != SP_FEAT_TRACING_DATA && !swap_feature(&swap, bit, &b)) {
			fprintf(stderr, "perfswap: feature %u left out\n", bit);
			h->features[bit / 64] &= ~(1ULL << bit % 64);
			continue;
		}
		memcpy(file + to, &where, sizeof(where));
		b = (struct swap_bytes){ file + to, file + to + 16, false };
		swap_64(&b);
		swap_64(&b);
		to += sizeof(where);
	}
}

static void tracing(const struct sp_file_header *h)
{
	uint64_t row = h->data.offset + h->data.size;
	struct sp_file_section where;
	struct swap_bytes b;

	if (!(h->features[0] >> SP_FEAT_TRACING_DATA & 1))
		return;
	/* Its bit is the lowest that there is: the first row. */
	memcpy(&where, file + row, sizeof(where));
	b = (struct swap_bytes){ file + where.offset, file + where.offset + where.size, false };
	swap_tracing(&swap, &b);
}

int main(void)
{
	struct sp_file_header h = { 0 };
	struct swap_bytes b;

	read_all();
	memcpy(&h, file, size < sizeof(h) ? size : sizeof(h));
	if (h.magic != SP_PERF_MAGIC2)
		die("not a recording of this machine's byte order");
	if (h.size == SP_PIPE_HEADER_SIZE) {
		records(SP_PIPE_HEADER_SIZE, size);
		b = (struct swap_bytes){ file, file + SP_PIPE_HEADER_SIZE, false };
	} else {
		attrs(&h);
		tracing(&h);
		records(h.data.offset, h.data.offset + h.data.size);
		features(&h);
		memcpy(file, &h, sizeof(h));
		b = (struct swap_bytes){ file, file + SP_FILE_HEADER_SIZE, false };
	}
	while (b.at < b.end)
		swap_64(&b);
	if (fwrite(file, 1, size, stdout) != size || fflush(stdout))
		die("writing");
	free(file);
	return 0;
}
