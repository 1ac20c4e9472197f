#ifndef SYMBOLIZE_DEMANGLE_H
#define SYMBOLIZE_DEMANGLE_H

/*
 * C++ and Rust names as people write them, by libiberty: the only file that knows it.
 */

/* The demangled name, malloc()ed; NULL when name is not mangled. */
char *demangle_name(const char *name);

#endif
