#include "cfa.h"

/* What follows an opcode. */
enum operands {
	UNKNOWN = 0, /* or DW_CFA_set_loc, whose size the file chooses and no compiler writes */
	NONE,
	BYTE1,
	BYTE2,
	BYTE4,
	LEB,	  /* one LEB128 */
	LEB2,	  /* two */
	REGISTER, /* two, the second is copied from */
	BLOCK,	  /* a length and as many bytes */
	LEB_BLOCK,
};

/* DW_CFA_* of the low six bits, where the upper two are clear. */
static const uint8_t operands_of[0x40] = {
	[0x00] = NONE,	    /* nop */
	[0x02] = BYTE1,	    /* advance_loc1 */
	[0x03] = BYTE2,	    /* advance_loc2 */
	[0x04] = BYTE4,	    /* advance_loc4 */
	[0x05] = LEB2,	    /* offset_extended */
	[0x06] = LEB,	    /* restore_extended */
	[0x07] = LEB,	    /* undefined */
	[0x08] = LEB,	    /* same_value */
	[0x09] = REGISTER,  /* register */
	[0x0a] = NONE,	    /* remember_state */
	[0x0b] = NONE,	    /* restore_state */
	[0x0c] = LEB2,	    /* def_cfa */
	[0x0d] = LEB,	    /* def_cfa_register */
	[0x0e] = LEB,	    /* def_cfa_offset */
	[0x0f] = BLOCK,	    /* def_cfa_expression */
	[0x10] = LEB_BLOCK, /* expression */
	[0x11] = LEB2,	    /* offset_extended_sf */
	[0x12] = LEB2,	    /* def_cfa_sf */
	[0x13] = LEB,	    /* def_cfa_offset_sf */
	[0x14] = LEB2,	    /* val_offset */
	[0x15] = LEB2,	    /* val_offset_sf */
	[0x16] = LEB_BLOCK, /* val_expression */
	[0x2d] = NONE,	    /* GNU_window_save, AARCH64_negate_ra_state */
	[0x2e] = LEB,	    /* GNU_args_size */
	[0x2f] = LEB2,	    /* GNU_negative_offset_extended */
};

struct code {
	const uint8_t *at, *end;
	bool bad;
};

static void skip(struct code *c, uint64_t n)
{
	if (n > (uint64_t)(c->end - c->at))
		c->bad = true;
	else
		c->at += n;
}

/* Of a signed one only its length is of interest. */
static uint64_t leb(struct code *c)
{
	uint64_t value = 0;

	for (unsigned shift = 0; c->at < c->end; shift += 7) {
		uint8_t byte = *c->at++;

		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return value;
	}
	c->bad = true;
	return 0;
}

static void operands(struct code *c, enum operands kind, uint64_t nregs)
{
	switch (kind) {
	case NONE:
		break;
	case BYTE1:
		skip(c, 1);
		break;
	case BYTE2:
		skip(c, 2);
		break;
	case BYTE4:
		skip(c, 4);
		break;
	case LEB2:
		leb(c);
		leb(c);
		break;
	case LEB:
		leb(c);
		break;
	case REGISTER:
		leb(c);
		c->bad |= leb(c) >= nregs;
		break;
	case LEB_BLOCK:
		leb(c);
		skip(c, leb(c));
		break;
	case BLOCK:
		skip(c, leb(c));
		break;
	default:
		c->bad = true;
	}
}

bool cfa_is_safe(const uint8_t *code, size_t size, uint64_t nregs)
{
	struct code c = { .at = code, .end = code + size };

	while (c.at < c.end && !c.bad) {
		uint8_t op = *c.at++;

		if (op >> 6 == 2) /* offset */
			leb(&c);
		else if (op >> 6 == 0) /* else advance_loc, restore */
			operands(&c, operands_of[op], nregs);
	}
	return !c.bad;
}
