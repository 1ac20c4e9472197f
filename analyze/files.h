#ifndef FILES_H
#define FILES_H

/*
 * Which file a show function prints, and how a path is folded for rankings.
 */
#include <stddef.h>

/* The file that frame prints, as in s_show → /proc/slabinfo when the frames around it fit; NULL if
 * the function is not known. frames: names, outermost first. */
const char *files_inferred(const char *const *frames, size_t n);

/* /proc/1234/fd/5 → /proc/<pid>/fd/5; other paths as they are. Writes at most size bytes. */
void files_fold(const char *path, char *ret, size_t size);

#endif
