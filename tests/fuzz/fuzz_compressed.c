/*
 * Compressed records. The first byte chooses the way:
 *  - the rest is packed and cut into COMPRESSED and COMPRESSED2 records as the next bytes say:
 *    the reader must give what it gives for the same bytes stored plainly;
 *  - the rest is what the compressed records hold: whatever it expands to, it comes in whole
 *    records, and not more of it than a stream of that size can hold.
 */
#include "must.h"

#include "reader.h"

#include <sirqprof/limits.h>
#include <sirqprof/perfdata.h>
#include <string.h>
#include <zstd.h>

#define PLAIN_MAX  16384
#define PACKED_MAX 40000
/* zstd's best: a block of 128 KB from 4 bytes (RLE). */
#define MOST_PER_BYTE (1U << 16)

struct made {
	uint8_t at[PACKED_MAX * 3];
	size_t len;
};

static void begin(struct made *m)
{
	const uint64_t head[2] = { SP_PERF_MAGIC2, SP_PIPE_HEADER_SIZE };

	memcpy(m->at, head, sizeof(head));
	m->len = sizeof(head);
}

static void put_packed(struct made *m, const uint8_t *data, size_t size, bool second)
{
	uint32_t type = second ? SP_REC_COMPRESSED2 : SP_REC_COMPRESSED;
	size_t pad = second ? (8 - size % 8) % 8 : 0, head = second ? 16 : 8;
	uint16_t misc = 0, all = (uint16_t)(head + size + pad);
	uint64_t n = size;

	memcpy(m->at + m->len, &type, 4);
	memcpy(m->at + m->len + 4, &misc, 2);
	memcpy(m->at + m->len + 6, &all, 2);
	if (second)
		memcpy(m->at + m->len + 8, &n, 8);
	memcpy(m->at + m->len + head, data, size);
	memset(m->at + m->len + head + size, 0, pad);
	m->len += all;
}

static uint64_t mix(uint64_t h, const uint8_t *data, uint64_t size)
{
	for (uint64_t i = 0; i < size; i++)
		h = (h ^ data[i]) * 0x100000001b3ULL;
	return h;
}

/* All records as one number, up to a damaged one; bytes is what they hold together. */
static uint64_t read_all(const struct made *m, uint64_t *bytes, uint64_t *records)
{
	struct sp_err err = SP_ERR_INIT;
	sp_auto(reader) r = NULL;
	struct sp_record rec;
	uint64_t h = 1;
	int rc;

	*bytes = *records = 0;
	MUST(reader_open_memory(&r, m->at, m->len, &err) == 0);
	while ((rc = reader_next(r, &rec, &err)) == 0) {
		MUST(rec.size >= 8);
		h = *records < 64 ? mix(h, rec.data, rec.size < 64 ? rec.size : 64) : h;
		*bytes += rec.size;
		++*records;
	}
	MUST(rc == SP_END || (int)err.code == rc);
	return h;
}

/* Only record types that are stored as they are: no blob, no further compression. */
static size_t make_plain(const uint8_t *data, size_t size, uint8_t *to)
{
	size_t len = 0;

	for (size_t at = 0; at < size && len + 8 + 1024 <= PLAIN_MAX;) {
		uint32_t type = 1 + data[at] % 21;
		uint16_t misc = data[at], n = (uint16_t)(8 + 4 * data[at]);

		memcpy(to + len, &type, 4);
		memcpy(to + len + 4, &misc, 2);
		memcpy(to + len + 6, &n, 2);
		at++;
		for (uint16_t i = 8; i < n; i++)
			to[len + i] = data[(at + i) % size];
		len += n;
		at += data[at % size] & 7;
	}
	return len;
}

static void check_round_trip(const uint8_t *data, size_t size)
{
	static uint8_t plain[PLAIN_MAX + 2048], packed[PACKED_MAX];
	static struct made stored, split;
	uint64_t a, b, nbytes_a, nbytes_b, na, nb;
	size_t n = make_plain(data, size, plain), at = 0, k = 0;
	size_t all = ZSTD_compress(packed, sizeof(packed), plain, n, 1);

	MUST(!ZSTD_isError(all));
	begin(&stored);
	memcpy(stored.at + stored.len, plain, n);
	stored.len += n;
	begin(&split);
	while (at < all) {
		size_t piece = 1 + data[k++ % size] * 3U;

		piece = piece < all - at && k < 64 ? piece : all - at;
		put_packed(&split, packed + at, piece, data[k % size] & 1);
		at += piece;
	}
	a = read_all(&stored, &nbytes_a, &na);
	b = read_all(&split, &nbytes_b, &nb);
	MUST(na == nb && nbytes_a == nbytes_b && a == b);
	MUST(nbytes_a == n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct made m;
	uint64_t bytes, records;
	size_t at = 1;

	if (size < 4 || size > 16384)
		return 0;
	if (data[0] & 1) {
		check_round_trip(data + 1, size - 1);
		return 0;
	}
	begin(&m);
	while (at < size) {
		size_t piece = data[0] & 2 ? 1 + (data[0] >> 2) * 5U : size - at;

		piece = piece < size - at ? piece : size - at;
		put_packed(&m, data + at, piece, data[0] & 4);
		at += piece;
	}
	read_all(&m, &bytes, &records);
	MUST(bytes <= (uint64_t)size * MOST_PER_BYTE);
	return 0;
}
