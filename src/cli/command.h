/* The subcommands of extq: one file per command, one table in main.c. */
#ifndef EXTQ_CLI_COMMAND_H
#define EXTQ_CLI_COMMAND_H

/* Exit codes, from sysexits.h where it has one. */
enum exit_code {
    EXIT_OK = 0,
    EXIT_FAILED = 1,
    EXIT_BAD_USAGE = 64,
    EXIT_NO_REDIS = 69,
    EXIT_BAD_CONFIG = 78,
};

struct command {
    const char *name;
    const char *arguments; /* for the usage line: "CONTAINER POINT" */
    const char *sentence;  /* what it does, for the list of commands */
    int (*run)(int argc, char **argv); /* argv[0] is the command's name;
                                          returns an exit_code */
};

int command_run(int argc, char **argv);
int command_demo(int argc, char **argv);
int command_enqueue(int argc, char **argv);
int command_outcomes(int argc, char **argv);
int command_stats(int argc, char **argv);
int command_top(int argc, char **argv);
int command_dead(int argc, char **argv);
int command_later(int argc, char **argv);
int command_parked(int argc, char **argv);
int command_pause(int argc, char **argv);
int command_resume(int argc, char **argv);
int command_reload(int argc, char **argv);
int command_log_level(int argc, char **argv);
int command_resolve(int argc, char **argv);
int command_reconcile(int argc, char **argv);
int command_doctor(int argc, char **argv);
int command_check(int argc, char **argv);
int command_healthcheck(int argc, char **argv);
int command_bench(int argc, char **argv);
int command_version(int argc, char **argv);

#endif
