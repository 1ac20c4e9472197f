/*
 * A JIT compiler in miniature: writes machine code into anonymous memory, tells of it in
 * /tmp/perf-PID.map, and runs it. x86-64. The file stays: the test removes it.
 *
 *	jit SECONDS
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* push rbp; mov rbp,rsp; mov ecx,200000; 1: dec ecx; jne 1b; pop rbp; ret */
static const unsigned char leaf[] = { 0x55, 0x48, 0x89, 0xe5, 0xb9, 0x40, 0x0d, 0x03,
				      0x00, 0xff, 0xc9, 0x75, 0xfc, 0x5d, 0xc3 };
/* push rbp; mov rbp,rsp; call rdi; pop rbp; ret */
static const unsigned char caller[] = { 0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x5d, 0xc3 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	double end = now() + (argc > 1 ? atof(argv[1]) : 1);
	char path[64];
	unsigned char *code = mmap(NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	FILE *f;

	snprintf(path, sizeof(path), "/tmp/perf-%d.map", (int)getpid());
	f = fopen(path, "w");
	if (code == MAP_FAILED || !f)
		return 1;
	memcpy(code, leaf, sizeof(leaf));
	memcpy(code + 64, caller, sizeof(caller));
	fprintf(f, "%lx %zx LazyCompile:*spin app.js:3\n", (unsigned long)code, sizeof(leaf));
	fprintf(f, "%lx %zx LazyCompile:~outer app.js:9\n", (unsigned long)code + 64,
		sizeof(caller));
	fclose(f);
	while (now() < end)
		((void (*)(void *))(code + 64))(code);
	return 0;
}
