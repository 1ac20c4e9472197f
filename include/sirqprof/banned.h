#ifndef SIRQPROF_BANNED_H
#define SIRQPROF_BANNED_H

/*
 * Functions that cannot be used safely on untrusted input. The build forces this header into
 * every file of the program, so that using one does not compile. The system headers that
 * declare them are included first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC poison strcpy strncpy strcat strncat sprintf vsprintf gets
#pragma GCC poison atoi atol atoll atof

#endif
