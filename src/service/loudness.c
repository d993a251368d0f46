#include "service/loudness.h"

#include "base/check.h"

#include <signal.h>
#include <string.h>

enum { CONFIGURED = -1 };

/* SIGRTMIN is none of the compiler's constants. */
static const struct {
    const char *word;
    int level; /* or CONFIGURED */
    int base;  /* 0 = counted from SIGRTMIN */
    int offset;
} signals[LOUDNESS_SIGNALS] = {
    {"debug", LOG_DEBUG, 0, 0},       {"info", LOG_INFO, 0, 1},
    {"warn", LOG_WARN, 0, 2},         {"error", LOG_ERROR, 0, 3},
    {"debug", LOG_DEBUG, SIGUSR1, 0}, {"configured", CONFIGURED, SIGUSR2, 0},
};

static int number_of(size_t i)
{
    return (signals[i].base ? signals[i].base : SIGRTMIN) + signals[i].offset;
}

int loudness_signal(const char *word)
{
    for (size_t i = 0; i < LOUDNESS_SIGNALS; i++)
        if (strcmp(word, signals[i].word) == 0)
            return number_of(i);
    return 0;
}

static void change(uv_signal_t *handle, int signum)
{
    const struct loudness *l = handle->data;
    size_t i = (size_t)(handle - l->handles);
    int level = signals[i].level;

    (void)signum;
    if (level == CONFIGURED)
        level = (int)l->configured;
    log_settle(true); /* or it is not told of the second time */
    /* Told at either level, if at all. */
    if (level < LOG_WARN)
        log_set_level((enum log_level)level);
    log_info("log level changed", LOG_TEXT("to", signals[i].word));
    log_set_level((enum log_level)level);
}

void loudness_open(struct loudness *l, uv_loop_t *loop)
{
    for (size_t i = 0; i < LOUDNESS_SIGNALS; i++) {
        check(uv_signal_init(loop, &l->handles[i]) == 0);
        l->handles[i].data = l;
        check(uv_signal_start(&l->handles[i], change, number_of(i)) == 0);
    }
}

void loudness_close(struct loudness *l)
{
    for (size_t i = 0; i < LOUDNESS_SIGNALS; i++)
        uv_close((uv_handle_t *)&l->handles[i], NULL);
}

void loudness_configure(struct loudness *l, enum log_level level)
{
    l->configured = level;
    log_set_level(level);
}
