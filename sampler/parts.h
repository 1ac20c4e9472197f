#ifndef PARTS_H
#define PARTS_H

/*
 * The files of a recording that has a limit: FILE is the newest part, FILE.1 the one before, …
 *
 * In:    the recording's path; how many parts there may be
 * Out:   older parts removed, or moved on by one
 * Keeps: nothing
 */
#include <sirqprof/err.h>

#include <stdbool.h>
#include <stdint.h>

/* Removes FILE.1 to FILE.(most − 1), of an earlier recording. Errors: as outfile_remove();
 * SP_EUSAGE for a path that is too long. */
int parts_remove(const char *path, uint32_t most, bool force, struct sp_err *err);

/* FILE.2 → FILE.3, FILE.1 → FILE.2, FILE → FILE.1; the oldest is replaced. Errors: SP_ESYS;
 * SP_EUSAGE for a path that is too long. */
int parts_move_on(const char *path, uint32_t most, struct sp_err *err);

/* Bytes of the parts that are there, from the newest; *ret_parts: how many these are. */
uint64_t parts_kept(const char *path, uint32_t most, uint32_t *ret_parts);

#endif
