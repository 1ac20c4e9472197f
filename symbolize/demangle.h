#ifndef SYMBOLIZE_DEMANGLE_H
#define SYMBOLIZE_DEMANGLE_H

/*
 * C++ and Rust names as people write them, by libiberty: the only file that knows it. Without
 * parameters and return types, as perf does: a stack of them can be read.
 */

/* The demangled name, malloc()ed; NULL when name is not mangled. */
char *demangle_name(const char *name);

#endif
