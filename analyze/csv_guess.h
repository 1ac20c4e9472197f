#ifndef CSV_GUESS_H
#define CSV_GUESS_H

/*
 * Whether a text is a table, and what parts its columns: from its first lines, without being exact
 * about quotes.
 */
#include "columns.h"
#include "spikeread.h"

/* The delimiter that fits best; 0: no table. */
char csv_guess_delimiter(const struct spikeread *r, const char *text, size_t len);

bool csv_guess_fits(const struct spikeread *r, const char *text, size_t len);

/* What the columns are where no header says it. */
struct columns csv_guess_plain(const char *text, size_t len, char delimiter);

/* Takes "# " off a line that begins with it. */
void csv_guess_uncomment(const char **line, size_t *len);

/* Whether the line is no row: "# …", unless it is the first and names columns; "sep=;". */
bool csv_guess_comment(const char *line, size_t len, char delimiter, bool first);

#endif
