#ifndef VERDICT_TEXT_H
#define VERDICT_TEXT_H

/*
 * What a spike comes to, in plain words: shared by text and JSON, so that both say the same.
 */
#include "evidence_text.h"

/* One or two sentences, without a full stop. */
const char *verdict_sentence(const struct sp_report *r, const struct sp_spike *k,
			     const struct sp_verdict *v, char ret[EVIDENCE_TEXT_LEN]);

#endif
