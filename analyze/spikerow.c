#include "spikerow.h"

#include "latency.h"

#include <string.h>
#include <strings.h>

#define JOINED_BYTES	   128U /* a date and a time in two columns */
#define DEFAULT_LATENCY_NS 1000000

struct columns_name spikerow_cell(const struct spikerow *in, uint32_t column)
{
	struct columns_name none = { .text = "", .len = 0 };

	return column < in->ncells ? in->cells[column] : none;
}

/* Reads the time of the row; returns NULL, or what was expected. */
static const char *row_time(struct spikeread *r, const struct spikerow *in, struct sp_spike *row)
{
	struct columns_name time = spikerow_cell(in, in->columns->time);
	struct columns_name date = spikerow_cell(in, in->columns->date);
	char joined[JOINED_BYTES];
	struct stamp stamp;

	if (in->columns->date != COLUMNS_NONE && date.len + time.len + 2 <= sizeof(joined)) {
		time.len = (size_t)snprintf(joined, sizeof(joined), "%.*s %.*s", (int)date.len,
					    date.text, (int)time.len, time.text);
		time.text = joined;
	}
	if (!stamps_whole(&r->stamps, time.text, time.len, &stamp))
		return SPIKEREAD_TIME;
	if (spikeread_stamp(r, &stamp, row))
		return NULL;
	return "a time since the epoch (this one counts from a start: say it with "
	       "--spikes-start TIME)";
}

/* Words that probers write where there was no reply. */
static bool is_no_latency(const struct columns_name *text)
{
	static const char *const words[] = { "-",    "*",	"nan",	"null",
					     "none", "timeout", "lost", "n/a" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strlen(words[i]) == text->len &&
		    strncasecmp(words[i], text->text, text->len) == 0)
			return true;
	}
	return text->len == 0;
}

/* The first latency that is there; false: it is none, *column says where. */
static bool row_latency(struct spikeread *r, const struct spikerow *in, struct sp_spike *row,
			uint32_t *column)
{
	const struct columns *c = in->columns;

	for (uint32_t i = 0; i < c->nlatency; i++) {
		struct columns_name text = spikerow_cell(in, c->latency[i]);
		uint64_t unit_ns = c->latency_unit_ns[i];

		*column = c->latency[i];
		if (is_no_latency(&text))
			continue;
		if (!unit_ns && text.text[text.len - 1] >= '0' && text.text[text.len - 1] <= '9')
			r->seen.unit_assumed = true;
		return latency_whole(text.text, text.len, unit_ns ? unit_ns : DEFAULT_LATENCY_NS,
				     &row->latency_ns);
	}
	return true;
}

static bool row_cpu(const struct spikerow *in, struct sp_spike *row)
{
	struct columns_name text = spikerow_cell(in, in->columns->cpu);
	uint32_t cpu = 0;

	if (in->columns->cpu == COLUMNS_NONE || is_no_latency(&text))
		return true;
	if (text.len > 3 && strncasecmp(text.text, "cpu", 3) == 0)
		text = (struct columns_name){ text.text + 3, text.len - 3 };
	for (size_t i = 0; i < text.len; i++) {
		if (text.text[i] < '0' || text.text[i] > '9')
			return false;
		cpu = cpu * 10 + (uint32_t)(text.text[i] - '0');
		if (cpu >= SP_MAX_CPUS)
			return false;
	}
	row->cpu = cpu;
	return true;
}

static bool row_retransmit(const struct spikerow *in, const struct columns_name *label)
{
	struct columns_name text = spikerow_cell(in, in->columns->retransmit);

	if (in->columns->is_capture && label->len &&
	    memmem(label->text, label->len, "Retransmission", strlen("Retransmission")))
		return true;
	return text.len && !(text.len == 1 && text.text[0] == '0') &&
	       !(text.len == 5 && strncasecmp(text.text, "false", 5) == 0);
}

int spikerow_put(struct spikeread *r, const struct spikerow *in, struct sp_spike *row,
		 const char **bad, uint32_t *column, struct sp_err *err)
{
	struct columns_name label = spikerow_cell(in, in->columns->label);

	while (label.len && strchr(" \t\r\n", label.text[label.len - 1]))
		label.len--;
	*column = in->columns->time;
	*bad = row_time(r, in, row);
	if (!*bad && !row_latency(r, in, row, column))
		*bad = "a latency such as 12.5 or 12.5ms";
	if (!*bad && !row_cpu(in, row)) {
		*column = in->columns->cpu;
		*bad = "a CPU number";
	}
	if (*bad)
		return SP_OK;
	/* Of a structured log: what its message tells. */
	if (!in->columns->nlatency && in->said_by_label)
		row->latency_ns = spikeread_latency(label.text, label.len);
	row->is_retransmit = row_retransmit(in, &label);
	/* When late rows are selected, a line that tells no latency is not one. */
	if (in->said_by_label && row->latency_ns == SP_UNKNOWN_NS && r->cfg->needs_latency) {
		r->seen.rows++;
		r->seen.below++;
		return SP_OK;
	}
	if (in->columns->is_capture && row->latency_ns == SP_UNKNOWN_NS && !row->is_retransmit) {
		r->seen.rows++;
		return SP_OK;
	}
	return spikeread_row(r, row, label.text, label.len, err);
}
