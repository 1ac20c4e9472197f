/*
 * Any bytes as the container: header, sections, records, in file and in pipe mode.
 *
 * Must hold: a stored record lies in the input where the reader says, records do not overlap and
 * come in the order of their offsets; what the reader makes of sections is no larger than the
 * input; and when the input is cut, every data record before the cut still comes.
 */
#include "must.h"

#include "reader.h"

#include <sirqprof/limits.h>
#include <sirqprof/perfdata.h>
#include <string.h>

/* Records of the whole input that the cut one must show again. */
#define KEEP 512

struct seen {
	uint64_t off, size;
	uint32_t type;
};

static bool is_stored(const struct sp_record *rec, const uint8_t *data, size_t size)
{
	return rec->off < size && rec->data == data + rec->off;
}

static uint32_t read_all(const uint8_t *data, size_t size, struct seen *seen)
{
	struct sp_err err = SP_ERR_INIT;
	sp_auto(reader) r = NULL;
	struct reader_damage damage[8];
	struct sp_record rec;
	uint64_t end = 0, records = 0;
	uint32_t n = 0;
	int rc = reader_open_memory(&r, data, size, &err);

	if (rc) {
		MUST(!r && (int)err.code == rc && err.text[0]);
		return UINT32_MAX;
	}
	while ((rc = reader_next(r, &rec, &err)) == SP_OK) {
		MUST(rec.size >= 8 && rec.data);
		if (rec.off == SP_NOWHERE) {
			MUST(rec.size <= 2 * size + 32); /* an attr and its ids */
			continue;
		}
		if (!is_stored(&rec, data, size))
			continue; /* expanded */
		MUST(rec.off >= end && rec.size <= size - rec.off);
		end = rec.off + rec.size;
		MUST(++records <= size / 8);
		if (n < KEEP)
			seen[n++] = (struct seen){ rec.off, rec.size, rec.type };
	}
	MUST(rc == SP_END ? err.code == SP_OK : (int)err.code == rc);
	MUST(reader_damage(r, damage, 8) <= 8);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct seen whole[KEEP], cut[KEEP];
	uint32_t n = read_all(data, size, whole), m, i;
	uint64_t at;
	uint8_t *copy;

	if (n == 0 || n == UINT32_MAX)
		return 0;
	/* Somewhere behind the begin of the data; sections that lie there are lost, no record is.
	 */
	at = whole[0].off + (size - whole[0].off) * (data[size - 1] & 15) / 16;
	copy = malloc(at ? at : 1);
	if (!copy)
		return 0;
	memcpy(copy, data, at);
	m = read_all(copy, at, cut);
	free(copy);
	if (m == UINT32_MAX)
		return 0; /* its attrs lie behind the data */
	for (i = 0; i < n && whole[i].off + whole[i].size <= at; i++)
		MUST(i < m && memcmp(&whole[i], &cut[i], sizeof(cut[i])) == 0);
	return 0;
}
