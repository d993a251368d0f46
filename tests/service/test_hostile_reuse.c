/* Connections are used again: what a peer has said besides its answer, and how
 * it leaves, is nothing to the jobs that follow. */
#include "support/hostile.h"
#include "support/main.h"
#include "support/table.h"
#include "support/wait.h"
#include "support/world.h"

enum { JOBS = 40 };

#define DONE "HTTP/1.1 204 Done\r\n\r\n"
#define MORE "HTTP/1.1 500 No\r\nContent-Length: 8\r\n\r\nsmuggled"

static const struct {
    struct hostile_script script;
    bool resets; /* calls that follow the first one on a connection */
} rows[] = {
    {{.steps = {READ, SAY(DONE MORE), AGAIN}}, false},
    {{.steps = {READ, SAY_TIMES(200, DONE MORE), AGAIN}}, false},
    {{.steps = {READ,
                SAY("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" MORE),
                AGAIN}},
     false},
    {{.steps = {READ,
                SAY("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "2\r\nok\r\n0\r\n\r\n" MORE),
                AGAIN}},
     false},
    {{.steps = {READ,
                SAY("HTTP/1.1 204 Done\r\nContent-Length: 99\r\n\r\n" MORE),
                AGAIN}},
     false},
    {{.steps = {READ, SAY(DONE), READ, RESET}}, true},
    {{.steps = {READ, SAY(DONE), READ}}, true},
    {{.steps = {READ, SAY(DONE), READ, SAY("HTTP/1.1 2"), WAIT(5), RESET}},
     true},
};

static void expect_own_answers(struct world *w, bool resets)
{
    const struct journal *j = w->journal;

    for (size_t i = 0; i < journal_count(j, NULL); i++) {
        const char *class = journal_field(j, NULL, i, "class");

        ck_assert_msg(strcmp(class, "ok") == 0 ||
                          (resets && strcmp(class, "reset") == 0),
                      "%s: %s: %s", journal_field(j, NULL, i, "id"), class,
                      journal_field(j, NULL, i, "error"));
        ck_assert_ptr_null(
            strstr(journal_field(j, NULL, i, "body"), "smuggled"));
    }
}

START_TEST(every_job_has_its_own_answer)
{
    struct world *w = world_open();
    struct hostile *peers = hostile_open(NULL);
    struct hostile_port *p = hostile_listen(peers, &rows[_i].script);

    world_configure(w,
                    "workers: 1\nin_flight: 1\nextensions:\n"
                    "  - {container: acme, point: on-new-lead,\n"
                    "     url: \"http://127.0.0.1:%d/\"}\n",
                    hostile_number(p));
    world_start(w);
    world_push_many(w, "job", 0, JOBS);
    if (rows[_i].resets)
        journal_wait_ends(w->journal, JOBS);
    else
        world_expect_delivered(w, "job", JOBS);
    expect_own_answers(w, rows[_i].resets);
    world_close(&w);
    hostile_close(&peers);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("service.hostile_reuse");
    TCase *t = tcase_create("service.hostile_reuse");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, every_job_has_its_own_answer, 0, ROWS(rows));
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
