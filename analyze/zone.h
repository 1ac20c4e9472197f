#ifndef ZONE_H
#define ZONE_H

/*
 * A time zone: how far local time is from UTC at an instant of local time.
 *
 * In:    "UTC", "Z", "+02:00", "-0730", or a name of the tz database such as Europe/Berlin
 * Out:   seconds east of UTC
 * Keeps: one answer (stamps of a log are near each other)
 *
 * Names are looked up by the C library (tzset(3), mktime(3)), whose zone is a process-wide setting:
 * it is changed for the call and put back, so no other thread may use local time meanwhile. A local
 * time that occurs twice (the hour that summer time ends) is taken as the library takes it.
 */
#include <sirqprof/err.h>
#include <sirqprof/own.h>

#include <stdbool.h>

struct zone;

/* Errors: SP_EUSAGE for a name that is none here. NULL or "" is UTC. */
int zone_new(struct zone **ret, const char *name, struct sp_err *err);
void zone_free(struct zone *z);

int32_t zone_offset(struct zone *z, int64_t local_s);

const char *zone_name(const struct zone *z);

/* "Z", "+02", "+0200", "+02:00" at the start of text: seconds east; false when it is none.
 * *used is how many bytes it took. */
bool zone_parse_offset(const char *text, size_t len, int32_t *ret_s, size_t *used);

/* The same of "UTC", "CEST", "PDT" and the like. */
bool zone_parse_word(const char *text, size_t len, int32_t *ret_s, size_t *used);

SP_DEFINE_FREEP(zone);

#endif
