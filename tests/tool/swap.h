#ifndef SWAP_H
#define SWAP_H

/*
 * Turns perf.data records of this machine's byte order into what a machine of the other order would
 * have written. Written apart from analyze/, from the kernel's and perf's headers, so that reading
 * what it made checks the reader.
 *
 * In:    records in their order, header records first (they tell the layout of the others)
 * Out:   the same records, turned in place
 * Keeps: the sample layout of each event, the fields of each tracepoint
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SWAP_ATTRS  512
#define SWAP_IDS    65536
#define SWAP_POINTS 4096
#define SWAP_FIELDS 40

struct swap_attr {
	uint64_t sample_type, read_format, branch_type, regs_user, regs_intr, config;
	uint32_t type;
	bool sample_id_all;
};

struct swap_point {
	uint32_t id, nfields;
	struct {
		uint16_t at, size;
	} fields[SWAP_FIELDS];
};

struct swap {
	struct swap_attr attrs[SWAP_ATTRS];
	uint32_t nattrs;
	struct {
		uint64_t id;
		uint32_t attr;
	} ids[SWAP_IDS];
	uint32_t nids;
	struct swap_point points[SWAP_POINTS];
	uint32_t npoints;
};

/* Bytes that are turned from the front; what is asked for past the end is left alone and sets
 * .over. Each call returns the value as it was. */
struct swap_bytes {
	uint8_t *at, *end;
	bool over;
};

uint16_t swap_16(struct swap_bytes *b);
uint32_t swap_32(struct swap_bytes *b);
uint64_t swap_64(struct swap_bytes *b);
void swap_many_64(struct swap_bytes *b, uint64_t n);
void swap_skip(struct swap_bytes *b, uint64_t size);

/* The event of an id; the only one there is; NULL. */
const struct swap_attr *swap_attr_of(const struct swap *s, uint64_t id);
/* The sample_id behind a record of that type that is no sample: turned, and cut off from *b. */
void swap_trailer(const struct swap *s, uint32_t type, struct swap_bytes *b);

/* One record, its header included; size is more than header.size where a blob follows. */
void swap_record(struct swap *s, uint8_t *record, size_t size);

/* An attr of size bytes as it stands in a header section; its ids follow by swap_id(). */
void swap_attr(struct swap *s, struct swap_bytes *b, uint32_t size);
void swap_id(struct swap *s, struct swap_bytes *b);

/* The tracing data blob, and a feature section. False: a section that cannot be turned. */
void swap_tracing(struct swap *s, struct swap_bytes *b);
bool swap_feature(struct swap *s, uint32_t bit, struct swap_bytes *b);

#endif
