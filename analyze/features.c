#include "features.h"

#include <sirqprof/perfdata.h>

#include <stdlib.h>

/* perf's string: u32 length, that many bytes, NUL-padded. */
static void take_string(struct sp_span *in, char *ret, size_t size)
{
	struct sp_span text = sp_span_take(in, sp_span_u32(in));
	size_t len = strnlen((const char *)text.at, sp_span_left(&text));

	if (len >= size)
		len = size - 1;
	memcpy(ret, text.at, len);
	ret[len] = 0;
}

bool features_release_at_least(const char *release, unsigned int major, unsigned int minor)
{
	unsigned long a, b = 0;
	char *end;

	a = strtoul(release, &end, 10);
	if (*end == '.')
		b = strtoul(end + 1, NULL, 10);
	return a > major || (a == major && b >= minor);
}

/* The patch set's releases end in -rtN ("5.10.0-27-rt-amd64", "5.14.0-284.rt14"); since 6.12 the
 * release need not say it. */
bool features_is_realtime(const char *release)
{
	const char *at = strstr(release, "rt");

	for (; at; at = strstr(at + 1, "rt"))
		if (at > release && (at[-1] == '-' || at[-1] == '.') &&
		    (!at[2] || at[2] == '-' || at[2] == '.' || (at[2] >= '0' && at[2] <= '9')))
			return true;
	return false;
}

int features_decode(struct sp_span in, struct attrs *attrs, struct decode_info *info,
		    struct sp_err *err)
{
	uint64_t bit = sp_span_u64(&in);

	switch (bit) {
	case SP_FEAT_HOSTNAME:
		take_string(&in, info->host, sizeof(info->host));
		break;
	case SP_FEAT_OSRELEASE:
		take_string(&in, info->kernel, sizeof(info->kernel));
		/* TRACE_FLAG_BH_OFF came with 5.17 (289e7b0f7eb4). */
		info->has_bh_flag = features_release_at_least(info->kernel, 5, 17);
		info->realtime |= features_is_realtime(info->kernel);
		break;
	case SP_FEAT_VERSION:
		take_string(&in, info->version, sizeof(info->version));
		break;
	case SP_FEAT_ARCH:
		take_string(&in, info->arch, sizeof(info->arch));
		break;
	case SP_FEAT_EVENT_DESC:
		return attrs_describe(attrs, in, err);
	case SP_FEAT_SAMPLE_TIME:
		info->first_ns = sp_span_u64(&in);
		info->last_ns = sp_span_u64(&in);
		break;
	case SP_FEAT_CLOCK_DATA:
		sp_span_u32(&in); /* version */
		info->clockid = (int32_t)sp_span_u32(&in);
		info->has_clockid = true;
		info->clock_wall_ns = sp_span_u64(&in);
		info->clock_mono_ns = sp_span_u64(&in);
		break;
	default:
		break;
	}
	return in.over ? sp_fail(err, SP_ETRUNC, SP_NOWHERE, "feature %u is cut short",
				 (unsigned int)bit)
		       : SP_OK;
}
