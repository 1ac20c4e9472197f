#include "shown.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Bytes of it, before a mark that there is more. */
#define SHOWN_MOST 40U

static bool is_c1(uint8_t first, uint8_t second)
{
	return first == 0xc2 && second >= 0x80 && second < 0xa0;
}

/* Bytes of C0, DEL, or C1, which UTF-8 writes as c2 80 … c2 9f. */
static bool drives_terminals(const char *text, size_t len, size_t i)
{
	uint8_t c = (uint8_t)text[i];

	return c < 0x20 || c == 0x7f || (i + 1 < len && is_c1(c, (uint8_t)text[i + 1])) ||
	       (i && is_c1((uint8_t)text[i - 1], c));
}

void shown(char to[SHOWN_SIZE], const char *text, size_t len)
{
	size_t n = 0;

	for (; n < len && n < SHOWN_MOST; n++)
		to[n] = drives_terminals(text, len, n) ? '?' : text[n];
	while (n && n < len && ((uint8_t)text[n] & 0xc0) == 0x80)
		n--; /* no half character */
	to[n] = '\0';
	if (n < len)
		memcpy(to + n, "…", sizeof("…"));
}
