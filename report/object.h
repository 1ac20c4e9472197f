#ifndef OBJECT_H
#define OBJECT_H

/*
 * Parts of the report as JSON values: what json.c and jsonl.c share. An unknown value is null.
 * Every function returns a new reference, or NULL when out of memory.
 */
#include <sirqprof/report.h>

/* jansson.h is for object.c alone. */
typedef struct json_t json_t;

json_t *object_capture(const struct sp_report *r);
json_t *object_summary(const struct sp_report *r);
json_t *object_clock(const struct sp_report *r);
json_t *object_spike(const struct sp_report *r, uint32_t i);
json_t *object_stall(const struct sp_report *r, uint32_t i);
json_t *object_caller(const struct sp_report *r, uint32_t i);
json_t *object_quality(const struct sp_report *r, uint32_t i);

/* Flat forms, for one line each; type is set, host, capture_id and time are added. */
json_t *object_flat_spike(const struct sp_report *r, uint32_t i);
json_t *object_flat_stall(const struct sp_report *r, uint32_t i);
json_t *object_flat_caller(const struct sp_report *r, uint32_t i);
json_t *object_flat_quality(const struct sp_report *r, uint32_t i);
json_t *object_flat_capture(const struct sp_report *r);

/* Writes v as compact JSON and drops the reference. */
int object_write(FILE *out, json_t *v, struct sp_err *err);

#endif
