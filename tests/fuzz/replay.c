/*
 * Runs a fuzz target over a corpus without a fuzzer: every file as it is, and some hundred
 * mutations of it, always the same ones.
 */
#include "must.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#define MUTATIONS 300
#define MAX_SIZE  (8 << 20)

static uint64_t seed = 88172645463325252;

static uint64_t draw(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

/* A copy of exactly that size, so that a read past the end is seen by the sanitizer. */
static void run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	if (size)
		memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void mutate(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + 1);
	size_t now = size;

	if (!copy)
		abort();
	memcpy(copy, data, size);
	for (uint64_t n = 1 + draw(4); n; n--) {
		size_t at = now ? draw(now) : 0;

		switch (draw(4)) {
		case 0:
			now = at;
			break;
		case 1:
			copy[at] = (uint8_t)draw(256);
			break;
		case 2:
			copy[at] ^= (uint8_t)(1U << draw(8));
			break;
		default:
			copy[at] = (uint8_t) "\n\r\",;\t[]-.:\0 9"[draw(14)];
		}
	}
	run(copy, now);
	free(copy);
}

static int replay(const char *path)
{
	static uint8_t data[MAX_SIZE];
	FILE *f = fopen(path, "rb");
	size_t size;

	if (!f) {
		perror(path);
		return 1;
	}
	size = fread(data, 1, sizeof(data), f);
	fclose(f);
	run(data, size);
	for (int i = 0; i < MUTATIONS && size; i++)
		mutate(data, size);
	return 0;
}

int main(int argc, char **argv)
{
	int files = 0, failed = 0;

	for (int i = 1; i < argc; i++) {
		struct dirent **list;
		int n = scandir(argv[i], &list, NULL, alphasort);

		for (int k = 0; k < n; k++) {
			char path[4096];
			struct stat st;

			snprintf(path, sizeof(path), "%s/%s", argv[i], list[k]->d_name);
			if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
				failed |= replay(path);
				files++;
			}
			free(list[k]);
		}
		if (n >= 0)
			free(list);
	}
	printf("%d files replayed\n", files);
	if (!files) {
		printf("no corpus\n");
		return 1;
	}
	return failed;
}
