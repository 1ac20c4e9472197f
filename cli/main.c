/*
 * The table of commands, and which one runs.
 */
#include "cmd.h"
#include "options.h"

#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct cmd {
	const char *name; /* NULL: without a word */
	enum command id;
	int (*run)(const struct options *o, struct sp_err *err);
};

static const struct cmd cmds[] = {
	{ "record", CMD_RECORD, cmd_record }, { "report", CMD_REPORT, cmd_report },
	{ "dump", CMD_DUMP, cmd_dump },	      { "doctor", CMD_DOCTOR, cmd_doctor },
	{ NULL, CMD_RUN, cmd_run },
};

#define NCMDS (sizeof(cmds) / sizeof(cmds[0]))

static const struct cmd *find(const char *word)
{
	for (size_t i = 0; i < NCMDS; i++)
		if (cmds[i].name && word && strcmp(cmds[i].name, word) == 0)
			return &cmds[i];
	return NULL;
}

/*
 * A standard descriptor that is closed would be given to the next file that is opened: a message,
 * or the report, would be printed into a recording. It is taken by what cannot be used that way
 * round, so that whoever needs it is told as before.
 */
static void take_closed_files(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
			_exit(1);
}

int main(int argc, char **argv)
{
	const struct cmd *cmd = find(argc > 1 ? argv[1] : NULL);
	struct sp_err err = SP_ERR_INIT;
	char name[64] = "sirqprof";
	struct options o;
	int rc;

	take_closed_files();
	/* Not LC_NUMERIC: numbers are read and written with a point. */
	setlocale(LC_CTYPE, "");
	if (!cmd && argc > 1 && argv[1][0] != '-') {
		fprintf(stderr,
			"sirqprof: '%s' is no command: use record, report, dump, doctor, or none "
			"of them to record and report at once; a program to run goes behind --, as "
			"in sirqprof -- sleep 5\n",
			argv[1]);
		return 2;
	}
	if (cmd) {
		snprintf(name, sizeof(name), "sirqprof %s", cmd->name);
		argv++;
		argc--;
	} else {
		cmd = &cmds[NCMDS - 1];
	}
	argv[0] = name;
	options_parse(&o, cmd->id, argc, argv);
	/* A reader that went away is a write error with a message, not a silent death. */
	signal(SIGPIPE, SIG_IGN);
	/* So is a file larger than ulimit -f. */
	signal(SIGXFSZ, SIG_IGN);
	rc = cmd->run(&o, &err);
	if (fflush(stdout) != 0 && rc >= 0)
		rc = sp_fail_sys(&err, "writing to standard output");
	if (rc >= 0)
		return 0;
	fprintf(stderr, "%s: %s\n", name, err.text[0] ? err.text : "failed, no cause known");
	return rc == SP_EUSAGE ? 2 : 1;
}
