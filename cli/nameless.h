#ifndef NAMELESS_H
#define NAMELESS_H

/*
 * What could not be named, as quality rows of the report.
 */
#include "pipeline.h"
#include "symbols.h"

/* Both are borrowed until the pipeline has finished. */
void nameless_watch(struct pipeline *p, struct symbols *s);

#endif
