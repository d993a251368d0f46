/* extq healthcheck: asks the service's ops port how it is, for supervisors
 * that want an exit status. */
#include "cli/command.h"
#include "cli/connect.h"
#include "cli/say.h"

#include "base/clean.h"
#include "base/clock.h"
#include "service/ops_address.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char command[] = "healthcheck";

enum { LIMIT_MS = 5000, ANSWER_MAX = 4096 };

/* One exchange with the ops port. */
struct visit {
    int fd;
    int64_t until_ms; /* monotonic */
    char answer[ANSWER_MAX + 1];
    size_t len;
};

/* False when it is not by then. */
static bool is_ready(const struct visit *v, short events)
{
    struct pollfd p = {.fd = v->fd, .events = events};
    int64_t left_ms = v->until_ms - clock_mono_ms();
    int n;

    do {
        n = poll(&p, 1, left_ms > 0 ? (int)left_ms : 0);
    } while (n < 0 && errno == EINTR);
    return n > 0;
}

static bool dial(struct visit *v, const struct addrinfo *a)
{
    int failed = 0;
    socklen_t size = sizeof failed;

    v->fd =
        socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (v->fd < 0)
        return false;
    if (connect(v->fd, a->ai_addr, a->ai_addrlen) == 0)
        return true;
    if (errno == EINPROGRESS && is_ready(v, POLLOUT) &&
        getsockopt(v->fd, SOL_SOCKET, SO_ERROR, &failed, &size) == 0 && !failed)
        return true;
    (void)close(v->fd);
    v->fd = -1;
    return false;
}

/* The head, and a line behind it if one is to be read. */
static bool is_enough(struct visit *v)
{
    const char *body;

    v->answer[v->len] = '\0';
    body = strstr(v->answer, "\r\n\r\n");
    return body && (!strstr(v->answer, " 503 ") || strchr(body + 4, '\n'));
}

/* True when it answered, as far as it fits: some keep the connection. */
static bool ask(struct visit *v, const char *path)
{
    char request[128];
    int len = snprintf(request, sizeof request,
                       "GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n", path);
    ssize_t n;

    if (send(v->fd, request, (size_t)len, MSG_NOSIGNAL) != len)
        return false;
    while (v->len < ANSWER_MAX && is_ready(v, POLLIN)) {
        n = recv(v->fd, v->answer + v->len, ANSWER_MAX - v->len, 0);
        if (n <= 0)
            return n == 0;
        v->len += (size_t)n;
        if (is_enough(v))
            return true;
    }
    return v->len == ANSWER_MAX;
}

/* The status, or 0 when this is no answer of HTTP's; *ret_text is its first
 * line of text. */
static int read_answer(struct visit *v, struct span *ret_text)
{
    struct span head;
    uint64_t status = 0;
    char *body;

    v->answer[v->len] = '\0';
    body = strstr(v->answer, "\r\n\r\n");
    head = span_of(v->answer);
    if (!body || strncmp(v->answer, "HTTP/1.", 7) != 0)
        return 0;
    (void)span_cut(&head, ' ');
    if (!span_number(span_cut(&head, ' '), &status) || status > 999)
        return 0;
    *ret_text = span_of(body + 4);
    *ret_text = span_cut(ret_text, '\n');
    return (int)status;
}

static int judge(struct visit *v, const char *listen)
{
    char text[256];
    struct span line = span_of("");
    int status = read_answer(v, &line);

    if (status == 200) {
        say(command, "ok");
        return EXIT_OK;
    }
    (void)clean_text(line, text, sizeof text);
    if (status == 503)
        say(command, "%s", text);
    else
        say(command, "what listens at %s is no extq of this version", listen);
    return EXIT_FAILED;
}

static int visit(const char *listen, const char *path)
{
    struct visit v = {.fd = -1, .until_ms = clock_mono_ms() + LIMIT_MS};
    struct addrinfo *all = NULL;
    struct why why = {""};
    int code = EXIT_FAILED;

    if (ops_address_find(listen, &all, &why)) {
        say(command, "%s", why.text);
        return EXIT_FAILED;
    }
    for (const struct addrinfo *a = all; v.fd < 0 && a; a = a->ai_next)
        (void)dial(&v, a);
    if (v.fd < 0)
        say(command, "nobody listens at %s: is the service running?", listen);
    else if (!ask(&v, path))
        say(command, "no answer from %s in %d s", listen, LIMIT_MS / 1000);
    else
        code = judge(&v, listen);
    if (v.fd >= 0)
        (void)close(v.fd);
    freeaddrinfo(all);
    return code;
}

int command_healthcheck(int argc, char **argv)
{
    struct common_options common = {NULL, NULL};
    bool ready = false;
    const struct option_spec specs[] = {
        {"ready", 0, OPTION_FLAG, NULL, "whether it takes jobs (/readyz)",
         &ready, 0, NULL},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL, 0, NULL},
    };
    const struct options options = {
        .command = command,
        .sentence = "Asks the service here how it is: exit status 0 or 1",
        .examples = "  extq healthcheck\n"
                    "  extq healthcheck --ready -c /etc/extq/extq.yaml\n",
        .specs = specs,
        .common = &common,
    };
    struct config *config = NULL;
    int operand, code;

    if (!options_read(&options, argc, argv, &operand, &code))
        return code;
    code = connect_config(command, &common, &config);
    if (code != EXIT_OK)
        return code;
    if (config->ops_listen[0]) {
        code = visit(config->ops_listen, ready ? "/readyz" : "/healthz");
    } else {
        say(command, "ops.listen is empty: there is no ops port to ask");
        code = EXIT_FAILED;
    }
    config_close(&config);
    return code;
}
