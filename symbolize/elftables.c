#include "elftables.h"

#include "demangle.h"
#include "elfdebug.h"
#include "elfpath.h"

#include <sirqprof/hash.h>
#include <sirqprof/limits.h>

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <utlist.h>

/* As many again are for everything else; as far as the soft limit may go. */
static void raise_limit(void)
{
	const rlim_t need = 2 * ELFTABLES_OPEN;
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) || lim.rlim_cur >= need)
		return;
	lim.rlim_cur = lim.rlim_max < need ? lim.rlim_max : need;
	setrlimit(RLIMIT_NOFILE, &lim);
}

void elftables_init(struct elftables *all)
{
	raise_limit();
	*all = (struct elftables){ .most_bytes = ELFTABLES_MOST_BYTES,
				   .grown_bytes = ELFTABLES_GROWN_BYTES };
}

void elftables_free(struct elftables *all)
{
	once_clear(&all->met);
	elfnames_free(&all->names);
}

static void give_up(struct elftables *all, struct elftable *t)
{
	if (!t->in)
		return;
	DL_DELETE(all->oldest, t);
	t->in = false;
	all->bytes -= t->table_bytes;
	elfsyms_free(&t->image.symbols);
}

/* For a table, beside those asked for lately. */
static void make_room(struct elftables *all, size_t bytes)
{
	while (all->oldest && all->bytes + bytes > all->most_bytes)
		give_up(all, all->oldest);
}

/* The table is in memory, and asked for. */
static void take_in(struct elftables *all, struct elftable *t)
{
	t->has_symbols = t->image.symbols.n;
	if (!t->has_symbols)
		return;
	t->table_bytes = elfsyms_bytes(&t->image.symbols);
	make_room(all, t->table_bytes);
	DL_APPEND(all->oldest, t);
	t->in = true;
	all->bytes += t->table_bytes;
}

/* While there are descriptors to spare: fd is the lowest that was free. */
static void keep_open(struct elftables *all, struct elfbytes *b)
{
	struct rlimit lim;

	if (all->nopen < ELFTABLES_OPEN && getrlimit(RLIMIT_NOFILE, &lim) == 0 &&
	    (uint64_t)b->fd + all->nopen + 2 <= lim.rlim_cur)
		all->nopen++;
	else
		elfbytes_let_go(b);
}

bool elftable_read(struct elftables *all, struct elftable *t, const struct sp_mapping *m, int fd)
{
	t->number = ++all->nread;
	t->apart = (struct elfbytes)ELFBYTES_INIT;
	elftable_asked(t, m);
	t->opened = t->asked;
	t->path = strdup(m->path);
	t->build_id = strdup(m->build_id);
	if (!elfbytes_open(&t->bytes, fd))
		return false;
	if (!t->path || !t->build_id || !elfimage_read(&t->image, &t->bytes)) {
		elfbytes_close(&t->bytes);
		return false;
	}
	t->has_apart = elfdebug_add(&t->image, m, all->live, &t->apart, &t->apart_path);
	elfimage_seal(&t->image);
	/* It is read for names only: no program is to miss a descriptor for it. */
	elfbytes_let_go(&t->apart);
	keep_open(all, &t->bytes);
	take_in(all, t);
	return true;
}

bool elftable_read_memory(struct elftables *all, struct elftable *t, const void *bytes, size_t size)
{
	t->number = ++all->nread;
	t->apart = (struct elfbytes)ELFBYTES_INIT;
	elfbytes_memory(&t->bytes, bytes, size);
	if (!elfimage_read(&t->image, &t->bytes))
		return false;
	elfimage_seal(&t->image);
	take_in(all, t);
	return true;
}

void elftable_free(struct elftables *all, struct elftable *t)
{
	give_up(all, t);
	elfspans_free(&t->spans, &all->nspans);
	elfbytes_close(&t->bytes);
	elfbytes_close(&t->apart);
	elfimage_free(&t->image);
	free(t->path);
	free(t->build_id);
	free(t->apart_path);
	*t = (struct elftable){ .bytes = ELFBYTES_INIT, .apart = ELFBYTES_INIT };
}

void elftable_asked(struct elftable *t, const struct sp_mapping *m)
{
	if (m->pid > 0)
		t->asked = (struct elfplace){ m->pid, m->start, m->len };
}

static bool has_its_id(const struct elftable *t, int fd)
{
	char id[ELFIMAGE_ID_LEN];

	return t->image.build_id[0] && elfimage_id(fd, id) && strcmp(id, t->image.build_id) == 0;
}

/* Is fd still what b was opened with? If it was that, and is no longer, the table is lost. Another
 * link or owner changes no content, but who sets the time of the content back can hide a change
 * behind it: then the build-id has to be right. Links alone are believed where there is none. */
static bool is_same(struct elftable *t, struct elfbytes *b, int fd)
{
	bool same = false;

	switch (elfbytes_same(b, fd)) {
	case ELFBYTES_SAME:
		return true;
	case ELFBYTES_LINKED:
		same = !t->image.build_id[0] || has_its_id(t, fd);
		break;
	case ELFBYTES_TOUCHED:
		same = has_its_id(t, fd);
		break;
	case ELFBYTES_WRITTEN:
		break;
	case ELFBYTES_OTHER:
		return false;
	}
	same = same && elfbytes_touched(b, fd);
	t->lost |= !same;
	return same;
}

/* A descriptor of it as that place shows it, −1 none; *ret_other: of what is there nothing is it.
 */
static int open_at(const struct elftables *all, struct elftable *t, struct elfbytes *b,
		   const struct elfplace *place, bool *ret_other)
{
	const bool apart = b == &t->apart;
	const char *path = apart ? t->apart_path : t->path;
	const struct sp_mapping at = { .pid = place->pid,
				       .start = place->start,
				       .len = place->len,
				       .path = path ? path : "",
				       .build_id = t->build_id };

	/* What is mapped is not the separate file, and nobody has that by build-id. */
	for (enum elfpath_try how = apart ? ELFPATH_ROOT : ELFPATH_MAPPED;
	     how <= (apart ? ELFPATH_HERE : ELFPATH_CACHED); how++) {
		int fd = elfpath_open(how, &at, all->live);

		if (fd < 0)
			continue;
		if (is_same(t, b, fd))
			return fd;
		*ret_other = true;
		close(fd);
	}
	return -1;
}

/* A descriptor of it, where none was kept: where it was before, else where it is asked for. Else it
 * is away, if not lost. */
static bool reopen(const struct elftables *all, struct elftable *t, struct elfbytes *b)
{
	bool other = false;

	if (b->memory || b->fd >= 0)
		return true;
	b->fd = open_at(all, t, b, &t->opened, &other);
	if (b->fd < 0 && (t->asked.pid != t->opened.pid || t->asked.start != t->opened.start)) {
		b->fd = open_at(all, t, b, &t->asked, &other);
		if (b->fd >= 0)
			t->opened = t->asked;
	}
	t->away |= b->fd < 0;
	t->other |= b->fd < 0 && other;
	return b->fd >= 0;
}

/* After it was read, so that it was this what was read. */
static bool unchanged(struct elftable *t, struct elfbytes *b)
{
	return b->memory || b->fd < 0 || is_same(t, b, b->fd);
}

static bool read_again(struct elftables *all, struct elftable *t)
{
	struct elfimage again = { 0 };
	bool done = elfimage_read(&again, &t->bytes);

	if (done && t->has_apart)
		done = elfimage_add_debug(&again, &t->apart);
	all->again += again.nread;
	elfimage_seal(&again);
	done = unchanged(t, &t->bytes) && unchanged(t, &t->apart) && done;
	t->away |= !done;
	if (done) {
		t->image.symbols = again.symbols;
		again.symbols = (struct elfsyms){ 0 };
	}
	elfimage_free(&again);
	return done;
}

/* An address counts once. */
static void count_unnamed(struct elftables *all, const struct elftable *t, uint64_t vaddr)
{
	const uint64_t key[2] = { t->number, vaddr };

	all->unnamed += once_met(&all->met, sp_hash(key, sizeof(key)));
}

static uint32_t read_name(struct elftables *all, struct elftable *t, const struct elfsym *sym,
			  uint64_t vaddr)
{
	const struct elfstrings *strings = &t->image.strings[sym->strings];
	struct elfbytes *from = strings->apart ? &t->apart : &t->bytes;
	char name[SP_MAX_STRING + 1], *nice;
	uint32_t nr;
	bool done;

	if (!reopen(all, t, from))
		return 0;
	done = elfstrings_read(strings, from, sym->name, name);
	if (!unchanged(t, from) || !done) {
		t->away = true;
		return 0;
	}
	nice = demangle_name(name);
	nr = elfnames_add(&all->names, t->number, elfsyms_start(&t->image.symbols, sym),
			  nice ? nice : name);
	free(nice);
	if (!nr)
		count_unnamed(all, t, vaddr);
	return nr;
}

/* Makes sure that the table is in memory. */
static bool have(struct elftables *all, struct elftable *t, uint64_t vaddr)
{
	if (t->in) {
		DL_DELETE(all->oldest, t);
		DL_APPEND(all->oldest, t);
		return true;
	}
	if (t->lost)
		return false;
	if (all->again >= ELFTABLES_AGAIN_MOST) {
		count_unnamed(all, t, vaddr);
		return false;
	}
	if (!reopen(all, t, &t->bytes) || (t->has_apart && !reopen(all, t, &t->apart)))
		return false;
	/* Whoever is asked again and again would be read again and again. */
	if (all->most_bytes < all->grown_bytes)
		all->most_bytes = all->grown_bytes - all->most_bytes > t->table_bytes
					  ? all->most_bytes + t->table_bytes
					  : all->grown_bytes;
	make_room(all, t->table_bytes);
	if (!read_again(all, t))
		return false;
	all->reloads++;
	take_in(all, t);
	return true;
}

/* Asks the table; false when it cannot say. A lost one says what it said before. */
static bool look_up(struct elftables *all, struct elftable *t, uint64_t vaddr, struct elfspan *ret)
{
	const bool was_open = t->bytes.fd >= 0;
	struct elfsym *sym = NULL;
	bool had = have(all, t, vaddr);

	if (had)
		sym = elfsyms_find(&t->image.symbols, vaddr, &ret->first, &ret->last);
	if (sym && !sym->nr)
		sym->nr = elfnames_find(&all->names, t->number,
					elfsyms_start(&t->image.symbols, sym));
	if (sym && !sym->nr && !t->lost)
		sym->nr = read_name(all, t, sym, vaddr);
	ret->nr = sym ? sym->nr : 0;
	if (!was_open)
		elfbytes_let_go(&t->bytes);
	elfbytes_let_go(&t->apart);
	return had && (!sym || ret->nr);
}

const char *elftable_find(struct elftables *all, struct elftable *t, uint64_t vaddr,
			  uint64_t *ret_start)
{
	const struct elfspan *known;
	struct elfspan span;

	t->away = false;
	if (!t->has_symbols)
		return NULL;
	known = elfspans_find(&t->spans, vaddr);
	if (!known && look_up(all, t, vaddr, &span)) {
		elfspans_add(&t->spans, &span, &all->nspans);
		known = &span;
	}
	return known && known->nr ? elfnames_at(&all->names, known->nr, ret_start) : NULL;
}
