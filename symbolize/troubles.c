#include "troubles.h"

#include <sirqprof/limits.h>

#include <inttypes.h>
#include <stdio.h>

/* Of many files one row a code: how many addresses, and which file has most of them. */
struct sums {
	struct {
		uint64_t addresses, most;
		const char *path;
		uint32_t files;
	} of[3];
};

static int on_trouble(void *self, const char *path, enum elffile_state why, uint64_t addresses,
		      struct sp_err *err)
{
	struct sums *sums = self;
	int i = why == ELFFILE_REFUSED ? 2 : why == ELFFILE_OTHER;

	(void)err;
	sums->of[i].addresses += addresses;
	sums->of[i].files++;
	if (addresses > sums->of[i].most) {
		sums->of[i].most = addresses;
		sums->of[i].path = path;
	}
	return SP_OK;
}

static int tell_files(const struct sums *sums, symbols_tell *tell, void *self, struct sp_err *err)
{
	static const enum sp_quality_code codes[] = { SP_Q_NO_SYMBOLS, SP_Q_BUILD_ID,
						      SP_Q_TOO_MUCH };
	char text[SP_MAX_STRING + 64];
	int rc = SP_OK;

	for (int i = 0; !rc && i < 3; i++) {
		if (!sums->of[i].files)
			continue;
		snprintf(text, sizeof(text), "%s", sums->of[i].path);
		if (sums->of[i].files > 1)
			snprintf(text, sizeof(text), "%s and %" PRIu32 " more", sums->of[i].path,
				 sums->of[i].files - 1);
		rc = tell(self, codes[i], sums->of[i].addresses, text, err);
	}
	return rc;
}

int troubles_tell(struct users *u, symbols_tell *tell, void *self, struct sp_err *err)
{
	struct sums sums = { 0 };
	int rc = users_troubles(u, on_trouble, &sums, err);

	return rc ? rc : tell_files(&sums, tell, self, err);
}
