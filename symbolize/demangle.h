#ifndef SYMBOLIZE_DEMANGLE_H
#define SYMBOLIZE_DEMANGLE_H

/*
 * C++ and Rust names as people write them, by libiberty: the only file that knows it. Without
 * parameters and return types, as perf does: a stack of them can be read.
 */

/* A name of a few bytes can mean megabytes, in a file that was made to: longer ones stay mangled.
 */
#define DEMANGLE_MAX (16U << 10)

/* The demangled name, malloc()ed; NULL when name is not mangled. */
char *demangle_name(const char *name);

#endif
