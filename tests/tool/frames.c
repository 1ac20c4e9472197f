/*
 * Prints every sample of a recording with its named frames, as `perf script` does, so that the two
 * can be held against each other.
 *
 *	frames FILE [--inline]
 *
 * A sample is "sample PID TID TIME_NS", then one line a frame, innermost first: k or u, the address
 * as recorded, "?" or "=", the module, a tab, the name. The last lines are "quality CODE DETAIL".
 */
#include "decode.h"
#include "reader.h"
#include "stages.h"
#include "symbols.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#define MAX_INLINED 16

struct sample {
	int32_t pid, tid;
	uint64_t time_ns;
	sp_stack stack;
};

struct frames {
	struct pipeline names; /* what stages_names() needs of it */
	struct symbols *symbols;
	struct decode *decode;
	struct sample *at;
	size_t n, room;
};

static _Noreturn void die(const struct sp_err *err)
{
	fprintf(stderr, "frames: %s\n", err->text);
	exit(1);
}

static int on_event(void *self, const struct sp_event *e, struct sp_err *err)
{
	struct frames *f = self;

	if (e->type != SP_EV_SAMPLE)
		return stages_names(&f->names, e, err);
	if (f->n == f->room) {
		f->room = f->room ? f->room * 2 : 4096;
		f->at = realloc(f->at, f->room * sizeof(*f->at));
		if (!f->at)
			return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for samples");
	}
	f->at[f->n++] = (struct sample){ e->pid, e->tid, e->time_ns, e->sample.stack };
	return SP_OK;
}

static void print_part(const struct frames *f, const struct sample *s, const uint64_t *addr,
		       uint32_t n, bool kernel)
{
	const struct sp_resolver *r = symbols_resolver(f->symbols);

	for (uint32_t i = 0; i < n; i++) {
		struct sp_frame at[MAX_INLINED];
		uint64_t pc = addr[i] - (i > 0);
		size_t got = kernel ? r->kernel(r->self, pc, at, MAX_INLINED)
				    : r->user(r->self, s->pid, s->time_ns, pc, at, MAX_INLINED);

		if (kernel && !at[0].known)
			r->kernel_missed(r->self, pc);
		for (size_t k = 0; k < got; k++)
			printf("%c %" PRIx64 " %c %s\t%s\n", kernel ? 'k' : 'u', addr[i],
			       at[k].known ? '=' : '?', at[k].module, at[k].name);
	}
}

static int print_quality(void *self, enum sp_quality_code code, uint64_t count, const char *detail,
			 struct sp_err *err)
{
	(void)self;
	(void)err;
	printf("quality %d %" PRIu64 " %s\n", (int)code, count, detail);
	return SP_OK;
}

/* As `sirqprof report` decides it. */
static bool is_local(struct decode *d)
{
	const struct decode_info *i = decode_info(d);
	char own[64] = "";
	struct utsname u;
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (f && !fgets(own, sizeof(own), f))
		own[0] = 0;
	if (f)
		fclose(f);
	own[strcspn(own, "\n")] = 0;
	if (i->boot_id[0])
		return strcmp(i->boot_id, own) == 0;
	return !uname(&u) && strcmp(i->host, u.nodename) == 0 && strcmp(i->kernel, u.release) == 0;
}

int main(int argc, char **argv)
{
	struct frames f = { 0 };
	struct sp_err err = SP_ERR_INIT;
	struct symbols_cfg cfg = { .local = true, .user = true };
	struct strings *strings;
	struct stacks *stacks;
	struct reader *reader;
	struct sp_record r;
	int rc;

	if (argc < 2)
		return 2;
	cfg.inlines = argc > 2 && strcmp(argv[2], "--inline") == 0;
	if (reader_open(&reader, argv[1], &err) || symbols_new(&f.symbols, &cfg, &err) ||
	    strings_new(&strings, &err) || stacks_new(&stacks, &err))
		die(&err);
	f.names.resolver = symbols_resolver(f.symbols);
	f.names.strings = strings;
	if (decode_new(
		    &f.decode,
		    &(struct decode_parts){ strings, stacks, f.names.resolver, { on_event, &f } },
		    &err))
		die(&err);
	while (!(rc = reader_next(reader, &r, &err)) && !(rc = decode_put(f.decode, &r, &err)))
		symbols_set_local(f.symbols, is_local(f.decode));
	if (rc < 0)
		die(&err);
	for (size_t i = 0; i < f.n; i++) {
		const struct sample *s = &f.at[i];
		struct stack chain = stacks_get(stacks, s->stack);

		printf("sample %" PRId32 " %" PRId32 " %" PRIu64 "\n", s->pid, s->tid, s->time_ns);
		print_part(&f, s, chain.addr, chain.nkernel, true);
		print_part(&f, s, chain.addr + chain.nkernel, chain.nuser, false);
	}
	symbols_quality(f.symbols, print_quality, NULL, &err);
	free(f.at);
	decode_free(f.decode);
	stacks_free(stacks);
	strings_free(strings);
	symbols_free(f.symbols);
	reader_free(reader);
	return 0;
}
