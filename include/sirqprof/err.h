#ifndef SIRQPROF_ERR_H
#define SIRQPROF_ERR_H

/*
 * How a function says what went wrong.
 *
 * A function that can fail returns 0, SP_END, or a negative enum sp_code, and takes a
 * struct sp_err as its last parameter. The first cause wins: whoever meets it fills the
 * struct, callers above pass it on untouched. Only cli/ prints it.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum sp_code {
	SP_OK = 0,
	SP_END = 1,   /* nothing left; not a failure */
	SP_ESYS = -1, /* a system call failed: see .sys */
	SP_ENOMEM = -2,
	SP_ETRUNC = -3,	 /* input stops inside a record */
	SP_EFORMAT = -4, /* input contradicts itself */
	SP_ELIMIT = -5,	 /* input asks for more than limits.h allows */
	SP_EUNSUP = -6,	 /* valid, but not something sirqprof reads */
	SP_EUSAGE = -7,	 /* the command line asks for something that cannot be */
};

#define SP_NOWHERE UINT64_MAX /* .off of an error that has no place in an input */

struct sp_err {
	enum sp_code code;
	int sys;	/* errno, with SP_ESYS */
	uint64_t off;	/* byte offset in the input, or SP_NOWHERE */
	char text[320]; /* one line: what, where, remedy; no newline */
};

#define SP_ERR_INIT                              \
	{                                        \
		.code = SP_OK, .off = SP_NOWHERE \
	}

/* Fills *err unless an earlier cause is there; returns code, so: return sp_fail(...). */
__attribute__((format(printf, 4, 5))) static inline int
sp_fail(struct sp_err *err, enum sp_code code, uint64_t off, const char *fmt, ...)
{
	va_list args;

	if (!err || err->code != SP_OK)
		return code;
	err->code = code;
	err->off = off;
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	return code;
}

/* The same for a failed system call: keeps errno and appends its text. */
__attribute__((format(printf, 2, 3))) static inline int sp_fail_sys(struct sp_err *err,
								    const char *fmt, ...)
{
	int sys = errno;
	va_list args;
	size_t len;

	if (!err || err->code != SP_OK)
		return SP_ESYS;
	err->code = SP_ESYS;
	err->sys = sys;
	err->off = SP_NOWHERE;
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	len = strlen(err->text);
	snprintf(err->text + len, sizeof(err->text) - len, ": %s", strerror(sys));
	return SP_ESYS;
}

#endif
