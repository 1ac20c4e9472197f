#ifndef NAMELESS_H
#define NAMELESS_H

/*
 * What could not be named, as quality rows of the report; and which kernel it was.
 */
#include "pipeline.h"
#include "symbols.h"

/* When the records have ended, before names are asked for. Both are borrowed until the pipeline has
 * finished. */
void nameless_watch(struct pipeline *p, struct symbols *s);

#endif
