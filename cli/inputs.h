#ifndef INPUTS_H
#define INPUTS_H

/*
 * Whether what the command line names can be read: known before minutes of recording or reading.
 * What a spike file holds is read at the end, as a prober may append to it until then.
 *
 * In:    the options of run and report
 * Out:   yes, or which file and why not
 * Keeps: nothing
 */
#include "options.h"

#include <sirqprof/err.h>

/* live: a recording comes first. Errors: SP_ESYS; SP_EUSAGE for a directory, and where standard
 * input would be read twice. The recording's own file is left to reader_open(). */
int inputs_check(const struct options *o, bool live, struct sp_err *err);

#endif
