/* A page in the Prometheus text format 0.0.4: whether it is one, to the letter,
 * and what is on it. */
#ifndef EXTQ_SUPPORT_PAGE_H
#define EXTQ_SUPPORT_PAGE_H

/* What is wrong with the page, or NULL: lines, names, labels, escapes, values;
 * families in one piece, with HELP and TYPE; counters that end in _total;
 * histograms that add up; no series twice. Lives until the next call. */
const char *page_fault(const char *page);

/* Fails the test with that. */
void page_check(const char *page);

/* The value of a series, written as on the page: "x_total{point=\"a\"}". NAN
 * when it is not there. */
double page_value(const char *page, const char *series);

/* The sum over all series of that name. */
double page_sum(const char *page, const char *name);

#endif
