#include "demangle.h"

#include <libiberty/demangle.h>
#include <stdlib.h>
#include <string.h>

/* Collects what the demangler yields piece by piece, up to DEMANGLE_MAX. */
struct text {
	char *at;
	size_t len, room;
	int too_long;
};

static void append(const char *piece, size_t len, void *opaque)
{
	struct text *t = opaque;

	if (!len)
		return;
	if (t->too_long || len > DEMANGLE_MAX - t->len) {
		t->too_long = 1;
		return;
	}
	if (t->len + len + 1 > t->room) {
		size_t room = 2 * (t->len + len + 64);
		char *at = realloc(t->at, room);

		if (!at) {
			t->too_long = 1;
			return;
		}
		t->at = at;
		t->room = room;
	}
	memcpy(t->at + t->len, piece, len);
	t->len += len;
	t->at[t->len] = 0;
}

char *demangle_name(const char *name)
{
	struct text t = { 0 };
	int ok = 0;

	/* Rust's legacy scheme looks like C++ and ends in a hash. */
	if (strncmp(name, "_R", 2) == 0 || strncmp(name, "_Z", 2) == 0)
		ok = rust_demangle_callback(name, DMGL_NO_OPTS, append, &t);
	if (!ok && strncmp(name, "_Z", 2) == 0) {
		t.len = 0;
		t.too_long = 0;
		ok = cplus_demangle_v3_callback(name, DMGL_NO_OPTS, append, &t);
	}
	if (ok && !t.too_long && t.len)
		return t.at;
	free(t.at);
	return NULL;
}
