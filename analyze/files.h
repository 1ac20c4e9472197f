#ifndef FILES_H
#define FILES_H

/*
 * Which system call a stack is in, and which file it was at.
 *
 * In:    function names, system call names, paths
 * Out:   names; the tables are in files.c
 * Keeps: nothing
 */
#include <stdbool.h>
#include <stddef.h>

/* The system call that a kernel function is the entry or the body of: "read" for __x64_sys_read,
 * ksys_read, vfs_read. Writes at most size bytes; false when it is none. */
bool files_syscall(const char *function, char *ret, size_t size);

/* The first argument of the system call is a file descriptor of a file that is read or written. */
bool files_syscall_has_fd(const char *syscall);

/* The file that the innermost show function among frames prints, as in s_show → /proc/slabinfo when
 * the frames around it fit; NULL if none is known. frames: names, outermost first. */
const char *files_inferred(const char *const *frames, size_t n);

/* The numbers of processes and threads in /proc become stars: "/proc/12/task/34/fd" is one row of a
 * ranking, whoever it was. Writes at most size bytes. */
void files_fold(const char *path, char *ret, size_t size);

#endif
