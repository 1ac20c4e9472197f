#ifndef SHOWN_H
#define SHOWN_H

/*
 * Text of a file of another's, for a message: a few dozen bytes, what drives a terminal as '?'.
 */
#include <stddef.h>

#define SHOWN_SIZE 48U

/* text of len bytes, cut behind a whole character of UTF-8, as a string. */
void shown(char to[SHOWN_SIZE], const char *text, size_t len);

#endif
