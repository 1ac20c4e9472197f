#include "nameless.h"

static int tell(void *self, enum sp_quality_code code, uint64_t count, const char *detail,
		struct sp_err *err)
{
	return pipeline_quality(self, code, SP_NO_CPU, count, detail, err);
}

static int on_named(void *self, struct pipeline *p, struct sp_err *err)
{
	return symbols_quality(self, tell, p, err);
}

void nameless_watch(struct pipeline *p, struct symbols *s)
{
	const char *build_id, *release;

	pipeline_kernel(p, &build_id, &release);
	symbols_set_kernel(s, build_id, release);
	pipeline_on_named(p, on_named, s);
}
