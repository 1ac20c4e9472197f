#ifndef EVIDENCE_TEXT_H
#define EVIDENCE_TEXT_H

/*
 * Evidence and verdicts as sentences: shared by text and JSON, so that both say the same.
 */
#include <sirqprof/report.h>

#define EVIDENCE_TEXT_LEN 512

/* "tick-late", "bh-flag" …: the kind's name in JSON. */
const char *evidence_name(uint8_t kind);

const char *evidence_sentence(const struct sp_report *r, const struct sp_evidence *e,
			      char ret[EVIDENCE_TEXT_LEN]);

/* The culprit of a stall: "cat[4711] reading /proc/slabinfo", "timer estimation_timer" … */
const char *evidence_culprit(const struct sp_report *r, const struct sp_stall *s,
			     const struct sp_stall_names *n, char ret[EVIDENCE_TEXT_LEN]);

/* What a mechanism means, for people: "interrupts were off". */
const char *evidence_mechanism(uint8_t mechanism);

/* The stall that a verdict leads with; NULL if none. */
const struct sp_stall *evidence_lead(const struct sp_report *r, const struct sp_verdict *v);

#endif
