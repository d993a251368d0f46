/* One page of one key: its size, what is in it. For reconcile_*.c only. */
#ifndef EXTQ_CLI_RECONCILE_PAGE_H
#define EXTQ_CLI_RECONCILE_PAGE_H

#include "cli/reconcile_scan.h"

/* Before each key: small again, as what one holds says nothing of the next. */
void page_first(struct scan *s);

/* For COUNT: the size of the next page. */
struct page_text {
    char text[24];
};

struct page_text page_count(const struct scan *s);

/* After each question: ERR_REPLY when s->reply is a refusal, else e. */
enum err page_checked(struct scan *s, enum err e) must_check;

/* After each page: adapts the size, keeps the pace, shows the progress. The
 * reply stays valid. */
void page_done(struct scan *s, uint64_t entries);

/* Notes the job in text, in this state: as a producer wrote it, or as a
 * record. What is neither is passed over. ERR_MEMORY. */
enum err page_job(struct scan *s, struct span text,
                  enum job_state state) must_check;
enum err page_record(struct scan *s, struct span text,
                     enum job_state state) must_check;

/* The same of what a service holds under that field. */
enum err page_held(struct scan *s, struct span field,
                   struct span text) must_check;

/* Notes a sighting of an id. */
void page_see(struct scan *s, struct span id, struct sighting seen);

#endif
