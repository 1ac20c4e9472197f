#ifndef CMD_H
#define CMD_H

/*
 * The commands. Each returns 0 (also with nothing found), or a negative enum sp_code with the
 * cause in *err; SP_EUSAGE makes the exit status 2.
 */
#include "options.h"

int cmd_run(const struct options *o, struct sp_err *err);
int cmd_record(const struct options *o, struct sp_err *err);
int cmd_report(const struct options *o, struct sp_err *err);
int cmd_dump(const struct options *o, struct sp_err *err);
int cmd_doctor(const struct options *o, struct sp_err *err);

#endif
