/*
 * Any bytes as a program with debug information (--inline, --lines): what is told of an address is
 * at most what was asked for, innermost first, with a name for each but the function itself.
 */
#include "must.h"

#include "dwfl.h"
#include "elfimage.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX	  8U
#define ADDRESSES 40U

/* libdw 0.188 loses some 60 bytes of a table that it gives up on. What we allocate is still seen.
 */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libdw.so";
}

static void ask(struct dwfl_debug *d, uint64_t vaddr)
{
	struct sp_frame frames[MAX];
	size_t n, fewer;

	n = dwfl_debug_frames(d, vaddr, frames, MAX);
	MUST(n <= MAX);
	for (size_t i = 0; i < n; i++) {
		MUST(frames[i].module);
		MUST(i + 1 == n ? !frames[i].name : frames[i].name && frames[i].inlined);
		/* Strings are whole. */
		MUST(!frames[i].name || strlen(frames[i].name) < SIZE_MAX);
		MUST(!frames[i].file || strlen(frames[i].file) < SIZE_MAX);
	}
	fewer = dwfl_debug_frames(d, vaddr, frames, 1);
	MUST(fewer == (n > 0));
	frames[0] = (struct sp_frame){ .name = "f", .module = "", .known = true };
	n = dwfl_debug_detail(d, vaddr, true, true, frames, MAX);
	MUST(n >= 1 && n <= MAX && strcmp(frames[n - 1].name, "f") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elfbytes bytes;
	struct elfimage image;
	struct dwfl_debug *d;
	char path[64];
	int fd;

	if (size < 64 || size > 1 << 20)
		return 0;
	fd = memfd_create("fuzz", MFD_CLOEXEC);
	MUST(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	/* As elffile.c does: what is no ELF file never comes to libdw. */
	MUST(elfbytes_open(&bytes, dup(fd)));
	if (elfimage_read(&image, &bytes)) {
		d = dwfl_debug_open(path, fd);
		for (uint64_t i = 0; d && i < ADDRESSES; i++)
			ask(d, 0x1000 + 4 * i);
		dwfl_debug_free(d);
	}
	elfimage_free(&image);
	elfbytes_close(&bytes);
	close(fd);
	return 0;
}
