#include "cmd.h"
#include "describe.h"
#include "reader.h"

#include <inttypes.h>
#include <stdio.h>

#define DEFAULT_INPUT "sirq.data"
#define TYPES	      256

/* Where in the file, how large, what it is, what it says. */
static int print_record(struct describe *d, const struct sp_record *r, struct sp_err *err)
{
	char line[DESCRIBE_LEN];
	int rc = describe_record(d, r, line, err);

	if (rc)
		return rc;
	if (r->off == SP_NOWHERE)
		printf("    header");
	else
		printf("%#10" PRIx64, r->off);
	printf(" %5" PRIu64 " %s%s%s\n", r->size, describe_type(r->type), line[0] ? " " : "", line);
	/* The reader went away, or the disk is full: the rest of a large file is for nobody. */
	return ferror(stdout) ? sp_fail_sys(err, "writing to standard output") : SP_OK;
}

static void print_stats(const uint64_t counts[TYPES])
{
	uint64_t total = 0;

	for (uint32_t i = 0; i < TYPES; i++)
		total += counts[i];
	printf("TOTAL %" PRIu64 "\n", total);
	for (uint32_t i = 0; i < TYPES; i++)
		if (counts[i])
			printf("%s %" PRIu64 "\n", describe_type(i), counts[i]);
}

int cmd_dump(const struct options *o, struct sp_err *err)
{
	sp_auto(reader) reader = NULL;
	sp_auto(describe) describe = NULL;
	uint64_t counts[TYPES] = { 0 };
	struct sp_record r;
	int rc = reader_open(&reader, o->input ? o->input : DEFAULT_INPUT, err);

	rc = rc ? rc : describe_new(&describe, err);
	while (!rc && !(rc = reader_next(reader, &r, err))) {
		/* What the reader made of the file's sections is no record of the file. */
		if (r.off != SP_NOWHERE)
			counts[r.type < TYPES ? r.type : 0]++;
		rc = o->stats ? SP_OK : print_record(describe, &r, err);
		if (rc)
			return rc;
	}
	if (rc == SP_END && o->stats)
		print_stats(counts);
	return rc == SP_END ? SP_OK : rc;
}
