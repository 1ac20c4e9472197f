#ifndef TROUBLES_H
#define TROUBLES_H

/*
 * What kept programs and libraries from being named: of many files one quality row a cause, with
 * how many addresses, and the file that has most of them.
 */
#include "symbols.h"
#include "users.h"

/* Calls tell once a cause, or not at all; returns what it or users_troubles() returned. */
int troubles_tell(struct users *u, symbols_tell *tell, void *self, struct sp_err *err);

#endif
