#include "csv_guess.h"

#include "columns.h"
#include "latency.h"

#include <string.h>

#define SNIFF_LINES 50U

static const char delimiters[] = ",;\t| ";

/* Splits one line; returns how many fields there are, the first COLUMNS_MAX into names. */
static uint32_t split(const char *line, size_t len, char delimiter, struct columns_name *names)
{
	uint32_t n = 0;
	size_t begin = 0;
	bool quoted = false;

	for (size_t i = 0; i <= len; i++) {
		struct columns_name name = { .text = line + begin, .len = i - begin };

		if (i < len && line[i] == '"')
			quoted = !quoted;
		if (i < len && (quoted || line[i] != delimiter))
			continue;
		while (name.len && strchr(" \"", name.text[0]))
			name.text++, name.len--;
		while (name.len && strchr(" \"", name.text[name.len - 1]))
			name.len--;
		if (n < COLUMNS_MAX)
			names[n] = name;
		n++;
		begin = i + 1;
	}
	return n;
}

static bool is_latency(const struct columns_name *name)
{
	uint64_t ns;

	return !name->len || latency_whole(name->text, name->len, 1000000, &ns);
}

/* How a delimiter does on the first lines. */
struct guess {
	bool header;	  /* the first line names a time */
	uint32_t lines;	  /* looked at */
	uint32_t rows;	  /* of them: a stamp, then a number or nothing */
	uint32_t same;	  /* of them: as many fields as the first line */
	uint32_t nfields; /* of the first line */
	bool fraction;	  /* "11:29:04,048": what follows is no latency but the stamp's fraction */
};

/* A second column of three digits that begins with 0 is no number that a program writes. */
static bool is_fraction(const struct spikeread *r, const struct columns_name *names)
{
	struct stamp stamp;

	return names[1].len == 3 && names[1].text[0] == '0' &&
	       stamps_whole(&r->stamps, names[0].text, names[0].len, &stamp) &&
	       stamp.resolution_ns == 1000000000 && memchr(names[0].text, ':', names[0].len);
}

static void guess_line(const struct spikeread *r, struct guess *g, const char *line, size_t len,
		       char delimiter)
{
	struct columns_name names[COLUMNS_MAX];
	uint32_t n = split(line, len, delimiter, names);
	struct columns columns;
	struct stamp stamp;

	if (!g->lines++) {
		g->nfields = n;
		g->header = columns_header(&columns, names, n);
	}
	g->same += n == g->nfields;
	if (stamps_whole(&r->stamps, names[0].text, names[0].len, &stamp) &&
	    (!stamp.relative || r->has_start || (n > 1 && delimiter != ' ')) &&
	    (n < 2 || is_latency(&names[1])))
		g->rows++;
	if (n == 2 && delimiter == ',')
		g->fraction = g->fraction || is_fraction(r, names);
}

void csv_guess_uncomment(const char **line, size_t *len)
{
	while (*len && strchr("# \t", **line))
		++*line, --*len;
}

bool csv_guess_comment(const char *line, size_t len, char delimiter, bool first)
{
	struct columns_name names[COLUMNS_MAX];
	struct columns columns;
	uint32_t n;

	/* "sep=;" is what spreadsheets want to be told first. */
	if (first && len == 5 && memcmp(line, "sep=", 4) == 0)
		return true;
	if (!len || line[0] != '#')
		return false;
	csv_guess_uncomment(&line, &len);
	n = split(line, len, delimiter, names);
	return !first || !columns_header(&columns, names, n < COLUMNS_MAX ? n : COLUMNS_MAX);
}

static struct guess guess(const struct spikeread *r, const char *text, size_t len, char delimiter)
{
	struct guess g = { 0 };
	const char *line;
	size_t line_len;

	while (g.lines < SNIFF_LINES && spikeread_peek_line(&text, &len, &line, &line_len)) {
		if (csv_guess_comment(line, line_len, delimiter, !g.lines))
			continue;
		if (line_len && line[0] == '#')
			csv_guess_uncomment(&line, &line_len);
		if (line_len)
			guess_line(r, &g, line, line_len, delimiter);
	}
	return g;
}

char csv_guess_delimiter(const struct spikeread *r, const char *text, size_t len)
{
	char best = 0;
	uint32_t best_score = 0;

	for (const char *d = delimiters; *d; d++) {
		struct guess g = guess(r, text, len, *d);
		/* Alike lines of many fields, though no time is known: the message can be exact. */
		bool table = g.nfields > 1 && (g.lines > 1 || r->cfg->columns) &&
			     g.same == g.lines && *d != ' ' && *d != '|';
		uint32_t score = g.header ? 1000 : g.rows * 2 >= g.lines && g.rows ? 500 : table;

		/* Prose has blanks too: a table of two columns, or with a header and rows below. */
		if (*d == ' ' &&
		    (g.same != g.lines || (g.header ? g.nfields < 2 || !g.rows : g.nfields != 2)))
			continue;
		if (g.fraction || !score)
			continue;
		/* One column is one column with any delimiter. */
		score += g.nfields > 1 ? 100 : 0;
		if (score > best_score) {
			best_score = score;
			best = *d;
		}
	}
	return best;
}

/* As tshark prints times: digits, a point and exactly nine more; at least `before` before it. */
static bool is_nine_digits(const struct columns_name *text, size_t before)
{
	const char *point = text->len ? memchr(text->text, '.', text->len) : NULL;

	if (!point || (size_t)(point - text->text) < before ||
	    text->len - (size_t)(point + 1 - text->text) != 9)
		return false;
	for (size_t i = 0; i < text->len; i++) {
		if (text->text + i != point && (text->text[i] < '0' || text->text[i] > '9'))
			return false;
	}
	return true;
}

/*
 * tshark -T fields prints no header unless it is asked for one: epoch times of nine digits, then
 * times in seconds, of nine digits as well, or nothing.
 */
struct columns csv_guess_plain(const char *text, size_t len, char delimiter)
{
	struct columns_name names[COLUMNS_MAX];
	uint32_t lines = 0, most = 0, times = 0;
	const char *line;
	size_t line_len;

	while (lines++ < SNIFF_LINES && spikeread_peek_line(&text, &len, &line, &line_len)) {
		uint32_t n = line_len ? split(line, line_len, delimiter, names) : 0;

		n = n < COLUMNS_MAX ? n : COLUMNS_MAX;
		if (n && !is_nine_digits(&names[0], 9))
			return columns_plain();
		for (uint32_t i = 1; i < n; i++) {
			if (names[i].len && !is_nine_digits(&names[i], 1))
				return columns_plain();
			times += names[i].len != 0;
		}
		most = n > most ? n : most;
	}
	return times ? columns_tshark(most) : columns_plain();
}

bool csv_guess_fits(const struct spikeread *r, const char *text, size_t len)
{
	char delimiter = csv_guess_delimiter(r, text, len);
	struct guess g;

	if (!delimiter)
		return false;
	if (r->cfg->columns)
		return true;
	g = guess(r, text, len, delimiter);
	if (g.header || g.rows * 2 >= g.lines)
		return true;
	/* Else a log whose lines happen to have equal numbers of commas is not to be taken. */
	return !spike_log.fits(r, text, len);
}
