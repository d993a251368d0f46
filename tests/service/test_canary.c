/* Secrets stay where they belong: unique markers go through everything that a
 * service does, crashes included, and are then searched for everywhere. */
#include "support/canary.h"
#include "support/main.h"
#include "support/table.h"
#include "support/wait.h"
#include "support/world.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BEARER    "k7Qx/9+Vw2.bearer-canary~3f8A1b"
#define TOKEN     "k7Qx/9+Vw2.token-canary~77c1D0"
#define SIGNING   "azdReC85K1Z3Mi5zaWduaW5nLWNhbmFyeX4w"
#define CACHE_KEY "azdReC85K1Z3Mi5jYWNoZS1rZXktY2FuYXJ5fjEwMSs="
#define PAYLOAD   "k7Qx/9+Vw2.payload-canary~51d0eE"

static const char *const secrets[] = {
    BEARER,
    TOKEN,
    SIGNING,
    CACHE_KEY,
    /* The same as bytes. */
    "k7Qx/9+Vw2.signing-canary~0",
    "k7Qx/9+Vw2.cache-key-canary~101+",
};

/* Where a payload has to be. */
static const char *const queues[] = {
    "extq:{default}:jobs", "extq:{default}:later", "extq:{default}:dead",
    "extq:{default}:held:", NULL};

enum { OUTPUTS_MAX = 32 };

static struct world *w;
static struct temp_path crashes; /* the working folder of services */
static struct process *monitor;  /* sees all that Redis is told */
static struct process *done[OUTPUTS_MAX];
static size_t done_count;
static struct canary found[ROWS(secrets)], payload;

/* An extension answers as its point says, and echoes what it gets. */
static void act(void *arg, const struct peer_request *r,
                struct peer_rule *answer)
{
    const char *bearer = request_header(r, "Authorization");

    (void)arg;
    (void)snprintf(answer->scratch, sizeof answer->scratch,
                   "{\"error\":\"you said %s\",\"%s\":1}", bearer, bearer);
    answer->body = answer->scratch;
    if (strstr(r->path, "/retry") &&
        strcmp(request_header(r, "extq-attempt"), "1") == 0)
        answer->status = 503;
    else if (strstr(r->path, "/reject"))
        answer->status = 400;
    else if (strstr(r->path, "/reset"))
        answer->act = PEER_RESET_IN_BODY;
    else if (strstr(r->path, "/hang"))
        answer->act = PEER_HANG;
    else if (strstr(r->path, "/moved"))
        answer->status = 302;
}

/* The registry: /reg/{container}/{point} knows every point but one. */
static void look_up(void *arg, const struct peer_request *r,
                    struct peer_rule *answer)
{
    const char *point = strrchr(r->path, '/') + 1;

    if (strcmp(point, "absent") == 0)
        answer->status = 404;
    else if (strcmp(point, "garbled") == 0)
        answer->body = "{\"url\": \"ftp://x/\", \"secret\": \"" BEARER "\"";
    else if (strcmp(point, "refused") == 0)
        answer->body = "{\"url\":\"gopher://x/\",\"secret\":\"" BEARER "\"}";
    else {
        (void)snprintf(answer->scratch, sizeof answer->scratch,
                       "{\"url\":\"http://127.0.0.1:%d/ext/%s\","
                       "\"secret\":\"" BEARER "\"}",
                       peer_port(arg), point);
        answer->body = answer->scratch;
    }
}

static void configure(const char *cache_key, const char *more)
{
    world_configure(
        w,
        "workers: 2\nlease: 1s\nmax_claims: 10\nlog: {level: debug}\n"
        "discovery: {backend: http, url: \"%s\", token_file: secrets/token}\n"
        "cache: {retry: 20ms, local: 20ms, key_file: \"%s\"}\n"
        "points: {default: {signing_keys: [secrets/signing],\n"
        "  retry: {attempts: 2, base: 20ms, jitter: 0}}}\n%s",
        peer_url(w->peer, "/reg/{container}/{point}").text, cache_key, more);
}

static void open_world(void)
{
    static const char *const reg = "/reg/*", *const ext = "/ext/*";

    w = world_open_durable();
    w->killed = true; /* services of this test end by signals */
    crashes = temp_dir();
    (void)temp_write(&w->dir, "secrets/token", TOKEN "\n");
    (void)temp_write(&w->dir, "secrets/signing", "whsec_" SIGNING "\n");
    (void)temp_write(&w->dir, "secrets/cache", CACHE_KEY "\n");
    peer_on(w->peer, .path = reg, .script = look_up, .arg = w->peer);
    peer_on(w->peer, .path = ext, .script = act);
    for (size_t i = 0; i < ROWS(secrets); i++)
        found[i] = canary_of(secrets[i]);
    payload = canary_of(PAYLOAD);
    monitor = process_start((const char *const[]){"redis-cli", "-s",
                                                  redis_server_socket(w->redis),
                                                  "MONITOR", NULL},
                            NULL);
    wait_until(strstr(process_out(monitor), "OK"), WORLD_LIMIT_MS,
               "the monitor");
}

static void close_world(void)
{
    while (done_count > 0)
        process_close(&done[--done_count]);
    process_close(&monitor);
    world_close(&w);
}

/* A service that may dump core as far as the system is concerned. */
static struct process *start(void)
{
    char command[2048];

    (void)snprintf(command, sizeof command,
                   "ulimit -c unlimited; cd %s && exec %s run -c %s",
                   crashes.text, extq_path(), w->config.text);
    done[done_count++] =
        process_start((const char *const[]){"sh", "-c", command, NULL},
                      (const char *const[]){"SSLKEYLOGFILE=keys.log", NULL});
    wait_until(*process_err(done[done_count - 1]), WORLD_LIMIT_MS,
               "the service to say something");
    return done[done_count - 1];
}

/* A command, to its end. */
#define say(...)                                                               \
    (done[done_count++] = extq_start(NULL, __VA_ARGS__),                       \
     (void)process_wait(done[done_count - 1], WORLD_LIMIT_MS))

static void push(const char *id, const char *point)
{
    world_push(w,
               "{\"id\":\"%s\",\"container\":\"acme\",\"point\":\"%s\","
               "\"payload\":{\"marker\":\"" PAYLOAD "\"}}",
               id, point);
}

static void search_processes(pid_t pid)
{
    for (size_t i = 0; i < ROWS(secrets); i++)
        canary_process(&found[i], pid);
    canary_process(&payload, pid);
}

static void run_jobs(void)
{
    static const char *const points[] = {"deliver", "retry",  "reject",
                                         "reset",   "moved",  "absent",
                                         "garbled", "refused"};

    for (size_t i = 0; i < ROWS(points); i++)
        push(points[i], points[i]);
    world_push(w, "{\"container\":\"acme\",\"payload\":\"" PAYLOAD "\"}");
    world_push(w, "no JSON: " PAYLOAD);
    journal_expect(w->journal, "deliver", "delivered/ok/200");
    journal_expect(w->journal, "absent", "skipped/no_extension/0");
    journal_wait_ends(w->journal, ROWS(points) + 2 - 2);
}

static void run_commands(void)
{
    const char *c = w->config.text;

    say("resolve", "-c", c, "acme", "deliver");
    say("resolve", "-c", c, "acme", "deliver", "--json");
    say("resolve", "-c", c, "acme", "deliver", "--no-cache");
    say("resolve", "-c", c, "acme", "garbled", "--forget");
    say("stats", "-c", c);
    say("stats", "-c", c, "--json");
    say("outcomes", "-c", c, "-n", "1000");
    say("outcomes", "-c", c, "-n", "1000", "--json");
    say("check", "-c", c, "--json");
}

/* Secrets where they do not belong, in a file that is refused. */
static void reload_wrong(struct process *s)
{
    configure("secrets/cache", "ops: {secret: \"" BEARER "\"}\n"
                               "extensions: [{secret: \"" TOKEN "\"}]\n");
    process_signal(s, SIGHUP);
    wait_until(strstr(process_err(s), "reload refused"), WORLD_LIMIT_MS,
               "the refusal");
    say("check", "-c", w->config.text);
    configure("secrets/cache", "");
    (void)temp_write(&w->dir, "secrets/cache", BEARER "\n");
    process_signal(s, SIGHUP);
    wait_until(strstr(process_err(s), "not a key"), WORLD_LIMIT_MS,
               "another refusal");
    (void)temp_write(&w->dir, "secrets/cache", CACHE_KEY "\n");
    process_signal(s, SIGHUP);
    wait_until(strstr(process_err(s), "reloaded"), WORLD_LIMIT_MS,
               "the reload");
}

/* Ends a service in the middle of a call. */
static void crash(struct process *s, int number)
{
    size_t before = ledger_count(peer_ledger(w->peer), "/ext/hang");

    push("hang", "hang");
    (void)ledger_wait(peer_ledger(w->peer), "/ext/hang", before + 1,
                      WORLD_LIMIT_MS);
    search_processes(process_pid(s));
    process_signal(s, number);
    (void)process_wait(s, WORLD_LIMIT_MS);
}

static void search(struct canary *c, const char *const *but)
{
    char dir[512];

    for (size_t i = 0; i < done_count; i++) {
        canary_search(c, "stdout", span_of(process_out(done[i])));
        canary_search(c, "stderr", span_of(process_err(done[i])));
    }
    canary_redis(c, redis_server_address(w->redis), but);
    (void)canary_folder(c, crashes.text);
    if (but)
        return;
    canary_search(c, "MONITOR", span_of(process_out(monitor)));
    (void)snprintf(dir, sizeof dir, "%s", redis_server_socket(w->redis));
    *strrchr(dir, '/') = '\0';
    ck_assert_uint_gt(canary_folder(c, dir), 0);
}

/* Whether this system writes a core file where a program dies. */
static bool dumps_core(void)
{
    struct temp_path dir = temp_dir();
    struct canary nothing = canary_of(PAYLOAD);
    char command[1024];
    struct process *p;
    bool dumps;

    (void)snprintf(command, sizeof command,
                   "ulimit -c unlimited; cd %s && kill -SEGV $$", dir.text);
    p = process_start((const char *const[]){"sh", "-c", command, NULL}, NULL);
    (void)process_wait(p, WORLD_LIMIT_MS);
    process_close(&p);
    dumps = canary_folder(&nothing, dir.text) > 0;
    return dumps;
}

START_TEST(no_secret_is_found_anywhere)
{
    struct canary files = canary_of(PAYLOAD);
    unsigned places = 0;
    struct process *s;

    configure("secrets/cache", "");
    s = start();
    run_jobs();
    run_commands();
    reload_wrong(s);
    crash(s, SIGSEGV);
    crash(start(), SIGABRT);
    s = start();
    push("after", "deliver");
    journal_expect(w->journal, "after", "delivered/ok/200");
    process_signal(s, SIGTERM);
    (void)process_wait(s, WORLD_LIMIT_MS);
    for (size_t i = 0; i < ROWS(secrets); i++) {
        search(&found[i], NULL);
        places += found[i].places;
        ck_assert_msg(found[i].hits == 0, "%s in:\n%s", secrets[i],
                      found[i].where);
    }
    search(&payload, queues);
    ck_assert_msg(payload.hits == 0, "the payload in:\n%s", payload.where);
    /* No core file, and no log of TLS keys. */
    ck_assert_uint_eq(canary_folder(&files, crashes.text), 0);
    printf("canary: %zu secrets and a payload in %zu forms, %u places: 0 hits; "
           "core files here: %s\n",
           (size_t)ROWS(secrets), payload.form_count, places + payload.places,
           dumps_core() ? "yes, none of extq" : "no");
}
END_TEST

START_TEST(resolve_keeps_no_log_of_tls_keys_either)
{
    struct canary files = canary_of(PAYLOAD);
    char command[2048];

    configure("secrets/cache", "");
    (void)snprintf(command, sizeof command,
                   "cd %s && exec %s resolve -c %s acme deliver", crashes.text,
                   extq_path(), w->config.text);
    done[done_count++] =
        process_start((const char *const[]){"sh", "-c", command, NULL},
                      (const char *const[]){"SSLKEYLOGFILE=keys.log", NULL});
    process_expect(done[0], 0, WORLD_LIMIT_MS);
    ck_assert_uint_eq(canary_folder(&files, crashes.text), 0);
    search(&found[0], NULL);
    ck_assert_msg(found[0].hits == 0, "%s", found[0].where);
}
END_TEST

START_TEST(the_search_finds_what_is_there)
{
    /* Without a key the cache is plain: in Redis, on its disk, on its wire. */
    configure("", "");
    (void)start();
    run_jobs();
    search(&found[0], NULL);
    ck_assert_ptr_nonnull(strstr(found[0].where, "extq:ext:{acme}:deliver"));
    ck_assert_ptr_nonnull(strstr(found[0].where, "appendonly"));
    ck_assert_ptr_nonnull(strstr(found[0].where, "MONITOR"));
    ck_assert_ptr_null(strstr(found[0].where, "stderr"));
    ck_assert_ptr_null(strstr(found[0].where, "outcomes"));
    search(&payload, (const char *const[]){NULL});
    ck_assert_ptr_nonnull(strstr(payload.where, "extq:{default}:dead"));
    ck_assert_ptr_nonnull(
        strstr(process_err(done[0]), "extensions' secrets lie open in Redis"));
}
END_TEST

static const char *const planted[] = {
    "x" BEARER "y",
    "6b3751782f392b5677322e6265617265722d63616e6172797e336638413162",
    "6B3751782F392B5677322E6265617265722D63616E6172797E336638413162",
    "k7Qx%2F9%2BVw2.bearer-canary~3f8A1b",
    "k7Qx%2f9%2bVw2.bearer-canary~3f8A1b",
    "k7Qx\\/9+Vw2.bearer-canary~3f8A1b",
    /* base64 of "Bearer <it>", of "a<it>", of "ab<it>" and of it. */
    "QmVhcmVyIGs3UXgvOStWdzIuYmVhcmVyLWNhbmFyeX4zZjhBMWI=",
    "YWs3UXgvOStWdzIuYmVhcmVyLWNhbmFyeX4zZjhBMWI=",
    "YWJrN1F4LzkrVncyLmJlYXJlci1jYW5hcnl+M2Y4QTFi",
    "azdReC85K1Z3Mi5iZWFyZXItY2FuYXJ5fjNmOEExYgo=",
};

START_TEST(every_form_is_recognized)
{
    struct canary c = canary_of(BEARER);

    canary_search(&c, "here", span_of(planted[_i]));
    ck_assert_uint_eq(c.hits, 1);
    canary_search(&c, "there", span_of("k7Qx/9+Vw2.bearer-canary~3f8A1"));
    ck_assert_uint_eq(c.hits, 1);
    ck_assert_uint_eq(c.places, 2);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("service.canary");
    TCase *t = tcase_create("canary"), *forms = tcase_create("forms");

    suite_add_tcase(s, t);
    suite_add_tcase(s, forms);
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, open_world, close_world);
    tcase_add_test(t, no_secret_is_found_anywhere);
    tcase_add_test(t, resolve_keeps_no_log_of_tls_keys_either);
    tcase_add_test(t, the_search_finds_what_is_there);
    tcase_add_loop_test(forms, every_form_is_recognized, 0, ROWS(planted));
    return run_suite(s);
}
