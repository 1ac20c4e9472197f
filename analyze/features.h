#ifndef FEATURES_H
#define FEATURES_H

/*
 * Feature sections: what a recording says of its machine
 * (tools/perf/Documentation/perf.data-file-format.txt).
 */
#include "attrs.h"
#include "decode.h"

/* Body of a HEADER_FEATURE record: the feature's bit, then its content. */
int features_decode(struct sp_span in, struct attrs *attrs, struct decode_info *info,
		    struct sp_err *err);

/* Whether a kernel release such as "5.17.0-rc1" is at least major.minor. */
bool features_release_at_least(const char *release, unsigned int major, unsigned int minor);

/* Whether a kernel release says PREEMPT_RT; false proves nothing since 6.12. */
bool features_is_realtime(const char *release);

#endif
