#include "columns.h"

#include "colnames.h"
#include "latency.h"
#include "shown.h"

#include <sirqprof/spike.h>

#include <string.h>

bool columns_is_latency(const struct columns_name *name, uint64_t *unit_ns)
{
	const struct colname *k = colnames_find(name, unit_ns);

	return k && k->role == ROLE_LATENCY;
}

static struct columns none(void)
{
	return (struct columns){
		.time = COLUMNS_NONE,
		.date = COLUMNS_NONE,
		.cpu = COLUMNS_NONE,
		.label = COLUMNS_NONE,
		.retransmit = COLUMNS_NONE,
	};
}

static void add_latency(struct columns *c, uint32_t column, uint64_t unit_ns)
{
	if (c->nlatency == COLUMNS_LATENCIES)
		return;
	c->latency[c->nlatency] = column;
	c->latency_unit_ns[c->nlatency++] = unit_ns;
}

struct columns columns_plain(void)
{
	struct columns c = none();

	c.time = 0;
	add_latency(&c, 1, 0);
	return c;
}

struct columns columns_tshark(uint32_t n)
{
	struct columns c = none();

	c.time = 0;
	c.stamp = SP_STAMP_END;
	c.is_capture = true;
	for (uint32_t i = 1; i < n; i++)
		add_latency(&c, i, 1000000000);
	return c;
}

static void put(struct columns *c, enum role role, uint32_t column, uint64_t unit_ns, uint8_t stamp)
{
	switch (role) {
	case ROLE_TIME:
		c->time = column;
		c->time_unit_ns = unit_ns;
		c->stamp = stamp;
		break;
	case ROLE_DATE:
		c->date = column;
		break;
	case ROLE_LATENCY:
		add_latency(c, column, unit_ns);
		break;
	case ROLE_CPU:
		c->cpu = column;
		break;
	case ROLE_LABEL:
		c->label = column;
		break;
	case ROLE_RETRANSMIT:
		c->retransmit = column;
		break;
	case ROLE_NONE:
		break;
	}
}

/* "time_ms": how long it took where another column says when, and none how long. */
static bool is_took(const struct colname *k, uint64_t unit_ns, bool any_took)
{
	return any_took && k && k->role == ROLE_TIME && k->rank == 4 && unit_ns;
}

/* The highest rank of each role among the names, and whether "time_ms" is how long it took. */
static void ranks(const struct columns_name *names, uint32_t n, uint8_t best[ROLE_RETRANSMIT + 1],
		  bool *took)
{
	uint8_t other = 0, all = 0;
	uint64_t unit_ns;

	for (uint32_t i = 0; i < n; i++) {
		const struct colname *k = colnames_find(&names[i], &unit_ns);

		if (!k)
			continue;
		best[k->role] = k->rank > best[k->role] ? k->rank : best[k->role];
		if (k->role != ROLE_TIME)
			continue;
		all = k->rank > all ? k->rank : all;
		if ((k->rank != 4 || !unit_ns) && k->rank > other)
			other = k->rank;
	}
	*took = other && !best[ROLE_LATENCY];
	best[ROLE_TIME] = *took ? other : all;
}

/* What Wireshark exports of its packet list: "No.","Time","Source",…,"Protocol","Length","Info" */
static bool is_packet_list(const struct columns_name *names, uint32_t n)
{
	char text[COLNAMES_MAX];
	uint32_t seen = 0;

	for (uint32_t i = 0; i < n; i++) {
		colnames_tidy(text, &names[i]);
		seen |= strcmp(text, "protocol") == 0 ? 1 : strcmp(text, "info") == 0 ? 2 : 0;
	}
	return seen == 3;
}

bool columns_header(struct columns *ret, const struct columns_name *names, uint32_t n)
{
	uint8_t best[ROLE_RETRANSMIT + 1] = { 0 };
	bool taken[ROLE_RETRANSMIT + 1] = { false };
	struct columns c = none();
	uint64_t unit_ns;
	bool any_took;

	n = n < COLUMNS_MAX ? n : COLUMNS_MAX;
	ranks(names, n, best, &any_took);
	for (uint32_t i = 0; i < n; i++) {
		const struct colname *k = colnames_find(&names[i], &unit_ns);

		if (is_took(k, unit_ns, any_took))
			add_latency(&c, i, unit_ns);
		else if (k && k->rank == best[k->role] &&
			 (!taken[k->role] || k->role == ROLE_LATENCY)) {
			put(&c, k->role, i, unit_ns, k->stamp);
			taken[k->role] = true;
		}
		if (k && k->rank == 6 && k->role == ROLE_TIME)
			c.is_capture = true;
	}
	c.is_capture = c.is_capture || best[ROLE_RETRANSMIT] || is_packet_list(names, n);
	if (c.time == COLUMNS_NONE && c.date != COLUMNS_NONE) {
		c.time = c.date;
		c.date = COLUMNS_NONE;
	}
	/* A date beside a complete stamp repeats it; beside "time" it is its first half. */
	if (best[ROLE_TIME] != 4)
		c.date = COLUMNS_NONE;
	if (c.time == COLUMNS_NONE)
		return false;
	*ret = c;
	return true;
}

static bool role_of(const char *text, size_t len, enum role *ret)
{
	static const struct {
		const char *name;
		enum role role;
	} roles[] = {
		{ "time", ROLE_TIME }, { "date", ROLE_DATE },	{ "latency", ROLE_LATENCY },
		{ "cpu", ROLE_CPU },   { "label", ROLE_LABEL }, { "retransmit", ROLE_RETRANSMIT },
	};

	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (strlen(roles[i].name) == len && memcmp(roles[i].name, text, len) == 0) {
			*ret = roles[i].role;
			return true;
		}
	}
	return false;
}

/* A column as a number from 1, or as a name of the header. */
static bool column_of(const char *text, size_t len, const struct columns_name *names, uint32_t n,
		      uint32_t *ret)
{
	uint32_t v = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (names[i].len == len && memcmp(names[i].text, text, len) == 0) {
			*ret = i;
			return true;
		}
	}
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' || v > COLUMNS_MAX)
			return false;
		v = v * 10 + (uint32_t)(text[i] - '0');
	}
	if (v < 1 || v > COLUMNS_MAX)
		return false;
	*ret = v - 1;
	return true;
}

/* The names of a header, as many as fit, for a message. */
static const char *list_names(const struct columns_name *names, uint32_t n, char ret[160])
{
	char name[SHOWN_SIZE];
	size_t len = 0;

	ret[0] = 0;
	for (uint32_t i = 0; i < n && len < 100; i++) {
		shown(name, names[i].text, names[i].len);
		len += (size_t)snprintf(ret + len, 160 - len, "%s'%s'", i ? ", " : "", name);
	}
	return ret;
}

/* What is a column of some table, but not of this one. */
static int not_in_header(const char *value, size_t len, const struct columns_name *names,
			 uint32_t n, struct sp_err *err)
{
	char list[160];

	return sp_fail(err, SP_EFORMAT, SP_NOWHERE,
		       "--spike-columns: the header has no column '%.*s', it has %s",
		       (int)(len < 60 ? len : 60), value, list_names(names, n, list));
}

static bool is_number(const char *text, size_t len)
{
	size_t digits = 0;

	while (digits < len && text[digits] >= '0' && text[digits] <= '9')
		digits++;
	return digits == len;
}

/* *missing is what could be a column, but not of this header. */
static bool one_spec(struct columns *c, const char *text, size_t len,
		     const struct columns_name *names, uint32_t n, struct columns_name *missing)
{
	const char *equals = memchr(text, '=', len);
	const char *value = equals ? equals + 1 : text;
	size_t value_len = equals ? len - (size_t)(value - text) : 0;
	const char *colon = value_len ? memrchr(value, ':', value_len) : NULL;
	uint64_t unit_ns = 0;
	enum role role;
	uint32_t column;

	if (!equals || !role_of(text, (size_t)(equals - text), &role))
		return false;
	/* A header's name may hold a colon itself. */
	if (colon && !column_of(value, value_len, names, n, &column)) {
		unit_ns = latency_unit(colon + 1, value_len - (size_t)(colon + 1 - value));
		if (!unit_ns)
			return false;
		value_len = (size_t)(colon - value);
	}
	if (!column_of(value, value_len, names, n, &column)) {
		/* A number that is none of a column stays one in every table. */
		if (n && value_len && !is_number(value, value_len))
			*missing = (struct columns_name){ value, value_len };
		return false;
	}
	if (n && column >= n) {
		*missing = (struct columns_name){ value, value_len };
		return false;
	}
	if (n && role == ROLE_LATENCY && !unit_ns)
		colnames_find(&names[column], &unit_ns);
	put(c, role, column, unit_ns, SP_STAMP_UNKNOWN);
	return true;
}

int columns_spec(struct columns *ret, const char *spec, const struct columns_name *names,
		 uint32_t n, struct sp_err *err)
{
	struct columns c = none();

	for (const char *at = spec; *at;) {
		struct columns_name missing = { NULL, 0 };
		size_t len = strcspn(at, ",");
		bool good = one_spec(&c, at, len, names, n, &missing);

		if (!good && missing.text)
			return not_in_header(missing.text, missing.len, names, n, err);
		if (!good)
			return sp_fail(
				err, SP_EUSAGE, SP_NOWHERE,
				"--spike-columns: '%.*s' is not understood: say time=3, "
				"latency=5:ms, label=NAME; columns count from 1 or are names of "
				"the header",
				(int)(len < 60 ? len : 60), at);
		at += len + (at[len] == ',');
	}
	if (c.time == COLUMNS_NONE)
		return sp_fail(err, SP_EUSAGE, SP_NOWHERE,
			       "--spike-columns must say which column is the time, as in time=1");
	*ret = c;
	return SP_OK;
}
