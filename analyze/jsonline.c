#include "jsonline.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX  16U
#define TEXT_BYTES (128U << 10) /* names, joined, and strings of one line */
#define PATH_MAX_  256U

struct jsonline {
	const char *begin, *at, *end;
	uint32_t n, depth;
	uint32_t arrays; /* that are open: what is in them is passed over */
	size_t used;
	size_t path_len;
	char path[PATH_MAX_]; /* of the object that is being read, with its last '.' */
	struct columns_name names[COLUMNS_MAX], values[COLUMNS_MAX];
	char text[TEXT_BYTES];
};

int jsonline_new(struct jsonline **ret, struct sp_err *err)
{
	struct jsonline *j = malloc(sizeof(*j));

	if (!j)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory to read JSON");
	j->n = 0;
	*ret = j;
	return SP_OK;
}

void jsonline_free(struct jsonline *j)
{
	free(j);
}

static void blanks(struct jsonline *j)
{
	while (j->at < j->end && *j->at && strchr(" \t\r\n", *j->at))
		j->at++;
}

static bool literal(struct jsonline *j, char c)
{
	blanks(j);
	if (j->at == j->end || *j->at != c)
		return false;
	j->at++;
	return true;
}

/* Appends to the line's text what there is room for. */
static void keep(struct jsonline *j, struct columns_name *to, const char *text, size_t len)
{
	size_t room = sizeof(j->text) - j->used;

	if (!to)
		return;
	len = len < room ? len : room;
	if (len)
		memcpy(j->text + j->used, text, len);
	j->used += len;
	to->len += len;
}

static bool hex4(struct jsonline *j, uint32_t *ret)
{
	*ret = 0;
	for (int i = 0; i < 4; i++, j->at++) {
		char c = j->at < j->end ? *j->at : 0;
		uint32_t digit = c >= '0' && c <= '9'	? (uint32_t)(c - '0')
				 : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
				 : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
							: 16;

		if (digit == 16)
			return false;
		*ret = *ret << 4 | digit;
	}
	return true;
}

/* \uXXXX as UTF-8; half of a pair becomes '?'. */
static bool unicode(struct jsonline *j, struct columns_name *to)
{
	char c[3];
	uint32_t u;

	if (!hex4(j, &u))
		return false;
	if (u < 0x80) {
		c[0] = u ? (char)u : '?';
		keep(j, to, c, 1);
	} else if (u < 0x800) {
		c[0] = (char)(0xc0 | u >> 6);
		c[1] = (char)(0x80 | (u & 0x3f));
		keep(j, to, c, 2);
	} else if (u >= 0xd800 && u < 0xe000) {
		keep(j, to, "?", 1);
	} else {
		c[0] = (char)(0xe0 | u >> 12);
		c[1] = (char)(0x80 | (u >> 6 & 0x3f));
		c[2] = (char)(0x80 | (u & 0x3f));
		keep(j, to, c, 3);
	}
	return true;
}

static bool escape(struct jsonline *j, struct columns_name *to)
{
	static const char from[] = "\"\\/bfnrt", into[] = "\"\\/  \n\r\t";
	const char *known;
	char c;

	if (j->at == j->end)
		return false;
	c = *j->at++;
	if (c == 'u')
		return unicode(j, to);
	known = c ? strchr(from, c) : NULL;
	if (!known)
		return false;
	keep(j, to, &into[known - from], 1);
	return true;
}

/* The text of a string whose opening quote has been read; to may be NULL. */
static bool string(struct jsonline *j, struct columns_name *to)
{
	if (to)
		*to = (struct columns_name){ j->text + j->used, 0 };
	while (j->at < j->end) {
		const char *from = j->at;

		while (j->at < j->end && *j->at != '"' && *j->at != '\\')
			j->at++;
		keep(j, to, from, (size_t)(j->at - from));
		if (j->at == j->end)
			return false;
		if (*j->at++ == '"')
			return true;
		if (!escape(j, to))
			return false;
	}
	return false;
}

/* A number, true, false or null, as it stands. */
static bool scalar(struct jsonline *j, struct columns_name *to)
{
	const char *from = j->at;

	while (j->at < j->end && *j->at && !strchr(" \t\r\n,:]}[{\"", *j->at))
		j->at++;
	*to = (struct columns_name){ from, (size_t)(j->at - from) };
	if (to->len == 4 && memcmp(from, "null", 4) == 0)
		to->len = 0;
	return j->at > from;
}

static bool value(struct jsonline *j, const struct columns_name *name);

static bool array(struct jsonline *j)
{
	bool ok = true;

	if (literal(j, ']'))
		return true;
	j->arrays++;
	do {
		ok = value(j, NULL);
	} while (ok && literal(j, ','));
	j->arrays--;
	return ok && literal(j, ']');
}

/* Name is the key of the object, NULL for what is passed over. */
static bool object(struct jsonline *j, const struct columns_name *name)
{
	size_t before = j->path_len;
	bool ok = false;

	if (name && name->len + 1 < sizeof(j->path) - j->path_len) {
		memcpy(j->path + j->path_len, name->text, name->len);
		j->path_len += name->len;
		j->path[j->path_len++] = '.';
	}
	if (literal(j, '}')) {
		ok = true;
	} else {
		do {
			struct columns_name key;

			ok = literal(j, '"') && string(j, &key) && literal(j, ':') &&
			     value(j, &key);
		} while (ok && literal(j, ','));
		ok = ok && literal(j, '}');
	}
	j->path_len = before;
	return ok;
}

static void pair(struct jsonline *j, const struct columns_name *key,
		 const struct columns_name *value)
{
	struct columns_name name = { j->text + j->used, 0 };

	if (j->n == COLUMNS_MAX || j->arrays)
		return;
	if (j->path_len) {
		keep(j, &name, j->path, j->path_len);
		keep(j, &name, key->text, key->len);
	} else {
		name = *key;
	}
	j->names[j->n] = name;
	j->values[j->n++] = *value;
}

static bool value(struct jsonline *j, const struct columns_name *name)
{
	struct columns_name v;
	bool ok;

	blanks(j);
	if (j->at == j->end || ++j->depth > DEPTH_MAX)
		return false;
	if (*j->at == '{' || *j->at == '[') {
		ok = *j->at++ == '{' ? object(j, name) : array(j);
	} else {
		if (*j->at == '"')
			ok = literal(j, '"') && string(j, &v);
		else
			ok = scalar(j, &v);
		if (ok && name)
			pair(j, name, &v);
	}
	j->depth--;
	return ok;
}

bool jsonline_read(struct jsonline *j, const char *text, size_t len, size_t *at)
{
	bool ok;

	j->begin = j->at = text;
	j->end = text + len;
	j->n = j->depth = j->arrays = 0;
	j->used = j->path_len = 0;
	ok = literal(j, '{') && object(j, NULL);
	blanks(j);
	*at = (size_t)(j->at - j->begin);
	return ok && j->at == j->end;
}

uint32_t jsonline_pairs(const struct jsonline *j, const struct columns_name **names,
			const struct columns_name **values)
{
	*names = j->names;
	*values = j->values;
	return j->n;
}
