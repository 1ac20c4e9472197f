#ifndef ELFDEBUG_H
#define ELFDEBUG_H

/*
 * Symbols that distributions keep apart: a separate debug file, by build-id, or by the name that
 * .gnu_debuglink has ("Separate debug files" of gdb's manual). In a container its own come first.
 *
 * In:    what a file says of itself, and who mapped it
 * Out:   the symbols of the file that belongs to it
 * Keeps: nothing
 */
#include "elfimage.h"

#include <sirqprof/resolver.h>

/* Adds the symbols of the separate debug file, if there is one and they are missed; that is open
 * then (to be closed by the caller), and *ret_path is where it is, malloc()ed. */
bool elfdebug_add(struct elfimage *image, const struct sp_mapping *m, bool live,
		  struct elfbytes *ret, char **ret_path);

#endif
