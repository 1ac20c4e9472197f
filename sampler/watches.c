#include "watches.h"

#include <stdlib.h>

struct watches {
	struct watch *of[WATCHES_MOST];
};

static bool contains(const struct watch_cpus *cpus, uint32_t cpu)
{
	return CPU_ISSET_S(cpu, sizeof(cpus->set), cpus->set);
}

static struct watch_cpus only(uint32_t cpu)
{
	struct watch_cpus cpus = { 0 };

	CPU_SET_S(cpu, sizeof(cpus.set), cpus.set);
	return cpus;
}

uint32_t watches_places(const struct watch_cpus *allowed, const uint32_t *watched, uint32_t n,
			struct watch_place ret[WATCHES_MOST])
{
	struct watch_cpus beside = *allowed;
	uint32_t first = n, second = n; /* watched ones that a thread may run on */

	for (uint32_t i = 0; i < n; i++) {
		if (!contains(allowed, watched[i]))
			continue;
		CPU_CLR_S(watched[i], sizeof(beside.set), beside.set);
		if (first == n)
			first = i;
		else if (second == n)
			second = i;
	}
	if (CPU_COUNT_S(sizeof(beside.set), beside.set)) {
		ret[0] = (struct watch_place){ .on = beside, .realtime = true, .to = n };
		return 1;
	}
	if (second == n) {
		ret[0] = (struct watch_place){ .on = *allowed, .to = n };
		return 1;
	}
	ret[0] = (struct watch_place){
		.on = only(watched[first]), .realtime = true, .from = first + 1, .to = n
	};
	ret[1] = (struct watch_place){ .on = only(watched[second]),
				       .realtime = true,
				       .to = first + 1 };
	return 2;
}

int watches_new(struct watches **ret, const struct watch_cfg *cfg, const struct watch_cpus *allowed,
		struct sp_err *err)
{
	sp_auto(watches) w = calloc(1, sizeof(*w));
	uint32_t *cpus = calloc(cfg->to, sizeof(*cpus)), n = 0;
	struct watch_place places[WATCHES_MOST];
	struct watch_cfg part = *cfg;
	struct watch_cpus mine = { 0 };
	int rc = SP_OK;

	if (!w || !cpus) {
		free(cpus);
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the stuck watch");
	}
	for (uint32_t i = 0; i < cfg->to; i++)
		cpus[i] = cfg->events->cpus[i].cpu;
	/* Where that fails mine stays empty: not known. */
	if (!allowed && sched_getaffinity(0, sizeof(mine.set), mine.set))
		mine = (struct watch_cpus){ 0 };
	n = watches_places(allowed ? allowed : &mine, cpus, cfg->to, places);
	free(cpus);
	for (uint32_t i = 0; !rc && i < n; i++) {
		part.from = places[i].from;
		part.to = places[i].to;
		part.on = places[i].on;
		part.realtime = places[i].realtime;
		rc = watch_new(&w->of[i], &part, err);
	}
	if (!rc)
		*ret = sp_take(w);
	return rc;
}

void watches_stop(struct watches *w)
{
	for (int i = 0; i < WATCHES_MOST && w->of[i]; i++)
		watch_stop(w->of[i]);
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
