#include "zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ZONE_NAME_MAX 64
#define ZONE_DIR      "/usr/share/zoneinfo"
#define SLOT_S	      900 /* transitions of this century lie on quarters of an hour */

struct zone {
	char name[ZONE_NAME_MAX];
	bool fixed;
	int32_t offset_s; /* fixed: always; else: of .slot */
	int64_t slot;
};

static bool two_digits(const char *text, size_t len, int32_t max, int32_t *ret)
{
	if (len < 2 || text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
		return false;
	*ret = (text[0] - '0') * 10 + (text[1] - '0');
	return *ret <= max;
}

bool zone_parse_offset(const char *text, size_t len, int32_t *ret_s, size_t *used)
{
	int32_t hours, minutes = 0;
	size_t at = 3;

	if (len && (text[0] == 'Z' || text[0] == 'z')) {
		*ret_s = 0;
		*used = 1;
		return true;
	}
	/* 14 hours is the most that any zone has had (Pacific/Kiritimati). */
	if (len < 3 || (text[0] != '+' && text[0] != '-') ||
	    !two_digits(text + 1, len - 1, 14, &hours))
		return false;
	if (at < len && text[at] == ':' && two_digits(text + at + 1, len - at - 1, 59, &minutes))
		at += 3;
	else if (two_digits(text + at, len - at, 59, &minutes))
		at += 2;
	else
		minutes = 0;
	*ret_s = (hours * 3600 + minutes * 60) * (text[0] == '-' ? -1 : 1);
	*used = at;
	return true;
}

bool zone_parse_word(const char *text, size_t len, int32_t *ret_s, size_t *used)
{
	/* Abbreviations that mean one thing everywhere; CST, IST and BST do not. */
	static const struct {
		char name[5];
		int8_t hours;
	} words[] = {
		{ "UTC", 0 },  { "GMT", 0 },  { "CEST", 2 }, { "CET", 1 },
		{ "EST", -5 }, { "EDT", -4 }, { "CDT", -5 }, { "MST", -7 },
		{ "MDT", -6 }, { "PST", -8 }, { "PDT", -7 },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t n = strlen(words[i].name);

		if (len >= n && memcmp(text, words[i].name, n) == 0) {
			*ret_s = words[i].hours * 3600;
			*used = n;
			return true;
		}
	}
	return false;
}

/*
 * The C library takes an unknown name for UTC in silence, and a folder or another file too: ask
 * first for a file that begins as tzfile(5) says.
 */
static bool known_name(const char *name)
{
	char path[sizeof(ZONE_DIR) + 1 + ZONE_NAME_MAX], magic[4] = "";
	const char *dir = getenv("TZDIR");
	FILE *f;

	if (name[0] == '/' || name[0] == ':' || strstr(name, ".."))
		return false;
	if (dir && strlen(dir) + strlen(name) + 2 > sizeof(path))
		dir = NULL;
	snprintf(path, sizeof(path), "%s/%s", dir ? dir : ZONE_DIR, name);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (fread(magic, sizeof(magic), 1, f) != 1)
		magic[0] = '\0';
	fclose(f);
	return memcmp(magic, "TZif", sizeof(magic)) == 0;
}

int zone_new(struct zone **ret, const char *name, struct sp_err *err)
{
	sp_auto(zone) z = calloc(1, sizeof(*z));
	size_t used = 0;

	if (!z)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for a time zone");
	name = name && name[0] ? name : "UTC";
	if (strlen(name) >= sizeof(z->name))
		return sp_fail(err, SP_EUSAGE, SP_NOWHERE, "'%.40s…' is too long for a time zone",
			       name);
	memcpy(z->name, name, strlen(name) + 1);
	z->fixed = strcmp(name, "UTC") == 0 || strcmp(name, "GMT") == 0 ||
		   (zone_parse_offset(name, strlen(name), &z->offset_s, &used) &&
		    used == strlen(name));
	z->slot = INT64_MIN;
	if (!z->fixed && !known_name(name))
		return sp_fail(err, SP_EUSAGE, SP_NOWHERE,
			       "'%s' is not a time zone known here: say an offset such as +02:00, "
			       "or a name from %s (package tzdata)",
			       name, ZONE_DIR);
	*ret = sp_take(z);
	return SP_OK;
}

void zone_free(struct zone *z)
{
	free(z);
}

const char *zone_name(const struct zone *z)
{
	return z->name;
}

static int32_t look_up(const char *name, int64_t local_s)
{
	sp_auto_free char *before = NULL;
	const char *tz = getenv("TZ");
	time_t seconds = (time_t)local_s;
	struct tm tm;
	time_t utc;

	if (!gmtime_r(&seconds, &tm))
		return 0;
	before = tz ? strdup(tz) : NULL;
	setenv("TZ", name, 1);
	tzset();
	tm.tm_isdst = -1;
	utc = mktime(&tm);
	if (before)
		setenv("TZ", before, 1);
	else
		unsetenv("TZ");
	tzset();
	return (int32_t)(local_s - (int64_t)utc);
}

int32_t zone_offset(struct zone *z, int64_t local_s)
{
	int64_t slot = local_s / SLOT_S;

	if (z->fixed)
		return z->offset_s;
	if (slot != z->slot) {
		z->offset_s = look_up(z->name, local_s);
		z->slot = slot;
	}
	return z->offset_s;
}
