/* Assertions that stay in release builds: a bug ends the process, and the
 * lease brings its jobs back. Never used on input. */
#ifndef EXTQ_BASE_CHECK_H
#define EXTQ_BASE_CHECK_H

/* Prints the place and the broken expectation to stderr and aborts. */
_Noreturn void check_failed(const char *what, const char *file, int line);

#define check(what) ((what) ? (void)0 : check_failed(#what, __FILE__, __LINE__))

#endif
