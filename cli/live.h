#ifndef LIVE_H
#define LIVE_H

/*
 * A live recording from its begin to its end: what `sirqprof` and `sirqprof record` share.
 */
#include "options.h"
#include "sampler.h"

#include <sirqprof/own.h>
#include <sirqprof/record.h>

#include <stdbool.h>

/* Opens the sampler for the CPUs and event of the options, once their command is found. Errors:
 * SP_EUSAGE, SP_ESYS. */
int live_open(struct sampler **ret, const struct options *o, struct sp_err *err);

/* What else is to be done every few ms; .fn may be NULL. It must not wait. */
struct live_beside {
	void (*fn)(void *self);
	void *self;
};

/* How a recording ended. */
struct live_end {
	int status; /* of a command that ended by itself (CHILD_KILLED + signal when it was
		     * killed), else 0 */
	bool kept;  /* it had begun, and all that was seen reached the sink, also after a failure */
};

/* Records into the sink until the duration is over, the command has ended, or a signal asks to
 * stop. *ret is set whatever is returned. */
int live_run(struct sampler *s, const struct options *o, struct sp_record_sink sink,
	     struct live_beside beside, struct live_end *ret, struct sp_err *err);

/* What a command that failed comes to, once the recording or report is out: SP_OK for status 0. */
int live_command(const struct options *o, int status, struct sp_err *err);

#endif
