#ifndef ASSEMBLE_H
#define ASSEMBLE_H

/*
 * What the stages found → struct sp_report. Owns the arrays that no stage owns.
 */
#include <sirqprof/err.h>
#include <sirqprof/report.h>

struct assembled;
struct pipeline;

int assemble(struct pipeline *p, struct sp_report *ret, struct sp_err *err);
void assemble_free(struct assembled *a);

#endif
