#include "demangle.h"

#include <libiberty/demangle.h>
#include <string.h>

char *demangle_name(const char *name)
{
	char *nice = NULL;

	if (strncmp(name, "_R", 2) == 0)
		nice = rust_demangle(name, DMGL_NO_OPTS);
	else if (strncmp(name, "_Z", 2) == 0) {
		/* Rust's legacy scheme looks like C++ and ends in a hash. */
		nice = rust_demangle(name, DMGL_NO_OPTS);
		if (!nice)
			nice = cplus_demangle_v3(name, DMGL_NO_OPTS);
	}
	return nice;
}
