#ifndef CARRY_H
#define CARRY_H

/*
 * What every part of a rotated recording must begin with, so that each can be read alone: the ids,
 * who was there, what was mapped, the kernel's names, what the recorder said of itself.
 *
 * In:    the records as they are written
 * Out:   those again, without time: "was so when this part began"
 * Keeps: at most CARRY_FIXED_MAX + CARRY_RECENT_MAX bytes; the oldest tasks and mappings go first.
 *        Beside them the newest THIN and SHED fact of each CPU: without it a part would take what
 *        was switched off for what did not happen
 */
#include "bytes.h"

#include <sirqprof/record.h>

#define CARRY_FIXED_MAX	 (8U << 20)
#define CARRY_RECENT_MAX (8U << 20)

struct carry {
	struct bytes fixed;  /* ID_INDEX; META, QUALITY, KSYM facts */
	struct bytes recent; /* tasks and mappings; TASK, CGROUP facts */
	struct bytes latest; /* THIN, SHED facts: one of each a CPU */
	uint64_t left_out;   /* records that .fixed had no room for */
};

/* Notes a record. Errors: SP_ENOMEM. */
int carry_note(struct carry *c, const struct sp_record *r, struct sp_err *err);
/* Says in the next part, by a QUALITY fact, what it does not begin with. */
int carry_tell(const struct carry *c, struct sp_record_sink out, struct sp_err *err);
void carry_free(struct carry *c);

#endif
