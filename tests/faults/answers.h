/* All the ways in which an answer of Redis can go wrong. */
#ifndef EXTQ_FAULTS_ANSWERS_H
#define EXTQ_FAULTS_ANSWERS_H

#include "faults/proxy.h"

struct wrong_answer {
    const char *name;
    enum proxy_when when; /* PROXY_BEFORE: the command is not carried out */
    enum proxy_act act;
    const char *text;
    int64_t ms;
};

extern const struct wrong_answer wrong_answers[];
extern const size_t wrong_answer_count;

#endif
