/* analyze/compress: one zstd stream, fed in pieces, read in pieces. */
#include "compress.h"

#include "unit.h"

#include <zstd.h>

#define PLAIN 300000U

static uint8_t plain[PLAIN], packed[PLAIN * 2];
static size_t npacked;

static int pack(void **state)
{
	uint32_t x = 7;

	(void)state;
	for (size_t i = 0; i < PLAIN; i++) {
		x = x * 1664525U + 1013904223U;
		plain[i] = (uint8_t)(x >> 24 & 15);
	}
	npacked = ZSTD_compress(packed, sizeof(packed), plain, PLAIN, 1);
	return ZSTD_isError(npacked) ? -1 : 0;
}

/* Any cut of the input gives the same bytes, however they are asked for. */
static void pieces_make_the_whole(void **state)
{
	static const size_t feeds[] = { 1, 13, 4096, sizeof(packed) }, takes[] = { 1, 8, 65536 };

	(void)state;
	for (size_t f = 0; f < 4; f++)
		for (size_t k = 0; k < 3; k++) {
			struct sp_err err = SP_ERR_INIT;
			struct compress *c = NULL;
			size_t in = 0, out = 0;

			assert_int_equal(compress_new(&c, &err), SP_OK);
			while (out < PLAIN) {
				size_t want = takes[k] < PLAIN - out ? takes[k] : PLAIN - out;
				size_t give = feeds[f] < npacked - in ? feeds[f] : npacked - in;
				const uint8_t *at = compress_peek(c, want, &err);

				assert_int_equal(err.code, SP_OK);
				if (at) {
					assert_memory_equal(at, plain + out, want);
					compress_take(c, want);
					out += want;
					continue;
				}
				/* More is needed, so there is more. */
				assert_true(give > 0);
				compress_feed(c, packed + in, give);
				in += give;
			}
			compress_free(c);
		}
}

static void damage_is_told(void **state)
{
	struct sp_err err = SP_ERR_INIT;
	struct compress *c = NULL;
	static const uint8_t none[] = "this is no zstd stream at all, whatever it says";

	(void)state;
	assert_int_equal(compress_new(&c, &err), SP_OK);
	assert_null(compress_peek(c, 8, &err));
	assert_int_equal(err.code, SP_OK);
	compress_feed(c, none, sizeof(none));
	assert_null(compress_peek(c, 8, &err));
	assert_int_equal(err.code, SP_EFORMAT);
	compress_free(c);
	compress_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_make_the_whole),
		cmocka_unit_test(damage_is_told),
	};

	return cmocka_run_group_tests(tests, pack, NULL);
}
