#include "lines.h"

#include <stdlib.h>
#include <string.h>

#define MARK	 "\xef\xbb\xbf" /* UTF-8 byte order mark */
#define MARK_LEN 3U

struct lines {
	const char *name;
	bool ended;
	bool begun;	/* past the byte order mark, if any */
	bool in_cut;	/* the rest of a cut line is passed over */
	size_t at, end; /* what of buffer is not consumed */
	size_t looked;	/* of it: without a line's end */
	uint32_t number;
	char buffer[LINES_BUFFER];
};

int lines_new(struct lines **ret, const char *name, struct sp_err *err)
{
	struct lines *l = malloc(sizeof(*l));

	if (!l)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for a line buffer");
	memset(l, 0, offsetof(struct lines, buffer));
	l->name = name;
	*ret = l;
	return SP_OK;
}

void lines_free(struct lines *l)
{
	free(l);
}

size_t lines_put(struct lines *l, const char *data, size_t size)
{
	if (l->at) {
		memmove(l->buffer, l->buffer + l->at, l->end - l->at);
		l->end -= l->at;
		l->at = 0;
	}
	if (size > sizeof(l->buffer) - l->end)
		size = sizeof(l->buffer) - l->end;
	if (size)
		memcpy(l->buffer + l->end, data, size);
	l->end += size;
	return size;
}

void lines_end(struct lines *l)
{
	l->ended = true;
}

static void begin(struct lines *l)
{
	size_t have = l->end - l->at;

	if (l->begun || (have < MARK_LEN && !l->ended))
		return;
	l->begun = true;
	if (have >= MARK_LEN && memcmp(l->buffer + l->at, MARK, MARK_LEN) == 0)
		l->at += MARK_LEN;
}

bool lines_peek(struct lines *l, const char **text, size_t *len)
{
	begin(l);
	*text = l->buffer + l->at;
	*len = l->end - l->at < LINES_MAX ? l->end - l->at : LINES_MAX;
	return l->ended || *len == LINES_MAX;
}

/* Takes len bytes as a line, and skip more for its ending. */
static void take(struct lines *l, struct line *ret, size_t len, size_t skip)
{
	ret->text = l->buffer + l->at;
	l->at += len + skip;
	if (len && ret->text[len - 1] == '\r')
		len--;
	ret->cut = len > LINES_MAX;
	ret->len = ret->cut ? LINES_MAX : len;
	l->looked = 0;
}

int lines_next(struct lines *l, struct line *ret, struct sp_err *err)
{
	begin(l);
	while (l->begun) {
		size_t have = l->end - l->at;
		const char *from = l->buffer + l->at;
		const char *lf = have > l->looked ? memchr(from + l->looked, '\n', have - l->looked)
						  : NULL;
		bool whole = lf || (l->ended && have);
		bool was_cut = l->in_cut;

		l->looked = have;
		if (!have || (!whole && have < sizeof(l->buffer)))
			break;
		/* A line that fills the buffer is given out cut; its rest is dropped. */
		take(l, ret, lf ? (size_t)(lf - from) : have, lf ? 1 : 0);
		l->in_cut = !lf;
		if (was_cut)
			continue;
		ret->cut = ret->cut || !whole;
		if (l->number == UINT32_MAX)
			return sp_fail(err, SP_ELIMIT, SP_NOWHERE,
				       "%s has more than %u lines: split it", l->name, l->number);
		ret->number = ++l->number;
		return SP_OK;
	}
	return SP_END;
}
