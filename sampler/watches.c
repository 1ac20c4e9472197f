#include "watches.h"

#include <stdlib.h>

struct watches {
	struct watch *of[WATCHES_MOST];
};

int watches_new(struct watches **ret, const struct watch_cfg *cfg, bool spare, struct sp_err *err)
{
	sp_auto(watches) w = calloc(1, sizeof(*w));
	struct watch_cfg part = *cfg;
	int rc;

	if (!w)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the stuck watch");
	part.pin = UINT32_MAX;
	if (spare || cfg->to - cfg->from < 2) {
		rc = watch_new(&w->of[0], &part, err);
	} else {
		part.from = cfg->from + 1;
		part.pin = cfg->events->cpus[cfg->from].cpu;
		rc = watch_new(&w->of[0], &part, err);
		part.from = cfg->from;
		part.to = cfg->from + 1;
		part.pin = cfg->events->cpus[cfg->from + 1].cpu;
		rc = rc ? rc : watch_new(&w->of[1], &part, err);
	}
	if (!rc)
		*ret = sp_take(w);
	return rc;
}

void watches_free(struct watches *w)
{
	for (int i = 0; w && i < WATCHES_MOST; i++)
		watch_free(w->of[i]);
	free(w);
}

enum watch_class watches_start(struct watches *w)
{
	enum watch_class worst = WATCH_REALTIME;

	for (int i = 0; i < WATCHES_MOST && w->of[i]; i++) {
		enum watch_class class = watch_start(w->of[i]);

		worst = class > worst ? class : worst;
	}
	return worst;
}

int watches_take(struct watches *w, struct stream *s, struct sp_err *err)
{
	int rc = SP_OK;

	for (int i = 0; !rc && i < WATCHES_MOST && w->of[i]; i++)
		rc = watch_take(w->of[i], s, err);
	return rc;
}

bool watches_stuck(const struct watches *w, uint32_t i)
{
	bool stuck = false;

	for (int k = 0; k < WATCHES_MOST && w->of[k]; k++)
		stuck |= watch_stuck(w->of[k], i);
	return stuck;
}

uint32_t watches_fds(const struct watches *w, int ret[WATCHES_MOST])
{
	uint32_t n = 0;

	for (int i = 0; i < WATCHES_MOST && w->of[i]; i++)
		ret[n++] = watch_fd(w->of[i]);
	return n;
}
