/* A program under test, started for real: arguments, environment, what it
 * wrote, its end. Whatever still runs dies with the test. */
#ifndef EXTQ_SUPPORT_PROCESS_H
#define EXTQ_SUPPORT_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct process;

/* Starts argv[0] (looked up in $PATH); env holds additions "NAME=value" to
 * this process's environment, NULL = none. Both lists end with NULL. stdin is
 * /dev/null. Fails the test when it cannot. The caller closes it. */
struct process *process_start(const char *const *argv, const char *const *env);

/* The same with this text on stdin. */
struct process *process_start_with(const char *const *argv,
                                   const char *const *env, const char *input);

/* The same on a terminal, in a session of its own: it writes nowhere else. */
struct process *process_start_on(const char *const *argv,
                                 const char *const *env, int terminal);

/* The extq binary ($EXTQ): extq_start(env, "run", "-c", path). */
#define extq_start(env, ...)                                                   \
    process_start((const char *const[]){extq_path(), __VA_ARGS__, NULL}, (env))

/* The path of the binary; fails the test when $EXTQ is not set. */
const char *extq_path(void);

pid_t process_pid(const struct process *p);
void process_signal(struct process *p, int signal);

/* What it wrote so far, NUL-terminated; lives until the next call for the
 * same stream. */
const char *process_out(struct process *p);
const char *process_err(struct process *p);

/* True when it has ended. Never waits. */
bool process_ended(struct process *p);

/* Waits for its end and returns the exit status, or 128 + the signal that
 * killed it. Fails the test, with what it wrote to stderr, after limit_ms. */
int process_wait(struct process *p, int64_t limit_ms);

/* process_wait, and the test fails when the status is another one. */
void process_expect(struct process *p, int status, int64_t limit_ms);

/* The end of what it wrote to stderr, as much as a message of Check's may hold.
 * Lives as process_err. */
const char *process_last_words(struct process *p);

/* SIGKILL when it still runs; frees; NULL is fine; sets *p to NULL. */
void process_close(struct process **p);

#endif
