#ifndef PIPELINE_H
#define PIPELINE_H

/*
 * The road from records to a report, the same for live and recorded data:
 *
 *	records ─ decode ─ order ─┬─ tasks, clock, quality, names
 *	                          └─ timeline ─ stalls ┐
 *	                 spike files ─ windows ────────┴─ verdicts ─ callers ─ struct sp_report
 *
 * In:    perf.data records (pipe-mode stream, record.h), then spike files
 * Out:   struct sp_report
 * Keeps: what its stages keep; nothing of the records
 */
#include "options.h"

#include <sirqprof/own.h>
#include <sirqprof/record.h>
#include <sirqprof/report.h>
#include <sirqprof/resolver.h>

#include <stdbool.h>

struct pipeline;

/* *ret is the caller's, untouched on failure; options and resolver are borrowed until
 * pipeline_free(). Errors: SP_ENOMEM. */
int pipeline_new(struct pipeline **ret, const struct options *o, const struct sp_resolver *resolver,
		 struct sp_err *err);
void pipeline_free(struct pipeline *p);

/* Where the records go. */
struct sp_record_sink pipeline_sink(struct pipeline *p);

/* Something noticed outside the records: by the reader, the symbols, the commands. */
int pipeline_quality(struct pipeline *p, enum sp_quality_code code, uint32_t cpu, uint64_t count,
		     const char *detail, struct sp_err *err);

/* When the recording's file was made and last written (reader.h), to guess the wall clock of a
 * recording that does not tell it. */
void pipeline_file_times(struct pipeline *p, int64_t made_ns, int64_t written_ns);

/* The boot that was recorded, "" as long as the stream has not told. */
const char *pipeline_boot_id(struct pipeline *p);

/* The recorded kernel: its build-id (hex) and release; "" unknown. */
void pipeline_kernel(struct pipeline *p, const char **build_id, const char **release);

/* Whether it is at least the same host and kernel: for recordings that do not tell their boot. */
bool pipeline_is_kernel(struct pipeline *p, const char *host, const char *release);

/* A live capture cannot be repeated: a spike file that turns out bad when it is read at the end
 * must not cost it. pipeline_finish() then reports the stalls by themselves, and
 * pipeline_spikes_error() gives the cause (.code SP_OK: none). */
void pipeline_keep_capture(struct pipeline *p);
const struct sp_err *pipeline_spikes_error(const struct pipeline *p);

/* What of the options can be known to be wrong before anything is recorded. Errors: SP_EUSAGE. */
int pipeline_check(struct pipeline *p, struct sp_err *err);

/* While records are being made: takes what has come through spike files that are pipes (FIFOs,
 * standard input), so that whoever writes them never has to wait. self is the pipeline. */
void pipeline_follow(void *self);

/* The records have ended: reads the spikes, makes the verdicts. Once, also where it fails; ret
 * lives as long as p. Errors: SP_ENOMEM, SP_ELIMIT; about the spikes, unless they are kept back
 * (above), SP_EUSAGE, SP_ESYS, SP_EFORMAT. */
int pipeline_finish(struct pipeline *p, struct sp_report *ret, struct sp_err *err);

/* The records are being made: the kernel's names of modules and BPF programs are asked for as soon
 * as their addresses are seen, for they may be gone at the end. */
void pipeline_name_early(struct pipeline *p);

/* fn is called once, when everything has been named: for quality rows about names. */
typedef int pipeline_named(void *self, struct pipeline *p, struct sp_err *err);
void pipeline_on_named(struct pipeline *p, pipeline_named *fn, void *self);

SP_DEFINE_FREEP(pipeline);

#endif
