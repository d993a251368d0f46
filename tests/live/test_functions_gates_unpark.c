/* Jobs on their way back from a gate's list, and what a gate gives. */
#include "support/functions_case.h"
#include "support/gated.h"
#include "support/main.h"
#include "support/table.h"

#include <stdio.h>

static const char gate[] = "acme:on-lead", other[] = "zeta:";

/* What a gate of three jobs gives when five are asked for. */
static const struct {
    const char *state, *numbers, *probe;
} givers[] = {
    {"", "1 2 3", "0"}, /* it should have one, and is healed */
    {"full 7 0 0 - -", "1 2 3", "0"},
    {"circuit 7 " GATED_PAST " 2 - x", "1", "1"},
    {"wait 7 " GATED_PAST " 2 - x", "1", "1"},
    {"gone 7 " GATED_PAST " 2 m x", "1", "1"},
    {"paused 7 " GATED_PAST " 2 - x", "1", "1"},
    {"circuit 7 " GATED_FAR " 2 - x", "", NULL},
    {"wait 7 " GATED_FAR " 2 - x", "", NULL},
    {"gone 7 " GATED_FAR " 2 m x", "", NULL},
    {"paused 7 " GATED_FAR " 2 - x", "", NULL},
    {"circuit 7 0 2 - x", "", NULL},
    {"wait 7 0 2 - x", "", NULL},
    {"gone 7 0 2 m x", "", NULL},
    {"paused 7 0 2 - x", "", NULL},
    {"nonsense", "", NULL},
};

START_TEST(a_gate_gives_what_may_go)
{
    const char *reply;

    gated_fill(&f, mine.text, gate, 1, 3);
    ask("HDEL", f.keys.gates, gate);
    gated_set(&f, gate, givers[_i].state);
    reply = gated_unpark(&f, mine.text, gate, "5");
    ck_assert_str_eq(gated_numbers(reply), givers[_i].numbers);
    if (givers[_i].probe)
        ck_assert_str_eq(gated_line(reply, 6), givers[_i].probe);
    else
        ck_assert_str_eq(gated_state(&f, gate), givers[_i].state);
    functions_census(&f, 1, 3);
}
END_TEST

START_TEST(a_list_without_its_gate_is_full)
{
    gated_fill(&f, mine.text, gate, 1, 3);
    ask("DEL", f.keys.gates);
    gated_unpark(&f, mine.text, gate, "2");
    ck_assert_int_eq(strncmp(gated_state(&f, gate), "full ", 5), 0);
    ck_assert_int_eq(gated_version(&f), 1);
}
END_TEST

START_TEST(however_many_are_asked_for_none_is_lost)
{
    static const char more[] =
        "for i = 2, 5000 do redis.call('RPUSH', KEYS[1], "
        "i .. '-1 0 0 0 5 -\\n{\"n\":' .. i .. '}') end";
    char list[KEY_MAX + 16];
    int64_t held;

    gated_fill(&f, mine.text, gate, 1, 1);
    (void)snprintf(list, sizeof list, "%s%s", f.keys.parked, gate);
    ask("EVAL", more, "1", list);
    gated_unpark(&f, mine.text, gate, "5000");
    held = functions_held(&f, mine.text);
    ck_assert_int_gt(held, 0);
    ck_assert_int_eq(held + redis_server_count(f.server, "LLEN", list, NULL),
                     5000);
}
END_TEST

START_TEST(of_four_who_ask_one_gets_the_probe)
{
    char reply[1024];
    int probes = 0;

    gated_fill(&f, mine.text, gate, 1, 3);
    gated_set(&f, gate, "circuit 7 " GATED_PAST " 2 m why not");
    for (int i = 0; i < 4; i++) {
        struct epoch asker = functions_join(&f, "60000");

        (void)snprintf(reply, sizeof reply, "%s",
                       gated_unpark(&f, asker.text, gate, "5"));
        if (strstr(reply, "{\"n\":")) {
            char want[64];

            ck_assert_str_eq(gated_numbers(reply), "1");
            (void)snprintf(want, sizeof want, "circuit 7 %lld 2 m why not",
                           strtoll(reply, NULL, 10) + 60000);
            ck_assert_str_eq(gated_line(reply, 8), want);
            probes++;
        }
    }
    ck_assert_int_eq(probes, 1);
    ck_assert_int_eq(gated_version(&f), 2);
    functions_census(&f, 1, 3);
}
END_TEST

/* The time for a probe has come once more, and the last one was not heard of.
 */
static const char *ask_again(const char *epoch)
{
    gated_set(&f, gate, "circuit 7 " GATED_PAST " 2 m x");
    return gated_numbers(gated_unpark(&f, epoch, gate, "5"));
}

START_TEST(a_probe_is_waited_for_while_its_service_lives)
{
    struct epoch first = functions_join(&f, "60000");

    gated_fill(&f, mine.text, gate, 1, 3);
    ck_assert_str_eq(ask_again(first.text), "1");
    ck_assert_str_eq(ask_again(mine.text), "");
    /* Looked at again in hold_ms, and not at once. */
    ck_assert_int_ne(strncmp(gated_state(&f, gate), "circuit 7 " GATED_PAST,
                             sizeof "circuit 7 " GATED_PAST - 1),
                     0);
    functions_take_lease(&f, first.text);
    ck_assert_str_eq(ask_again(mine.text), "2");
    functions_census(&f, 1, 3);
}
END_TEST

START_TEST(one_s_own_probe_is_not_waited_for)
{
    gated_fill(&f, mine.text, gate, 1, 3);
    ck_assert_str_eq(ask_again(mine.text), "1");
    ck_assert_str_eq(ask_again(mine.text), "2");
}
END_TEST

START_TEST(a_gate_named_twice_gives_no_second_probe)
{
    gated_fill(&f, mine.text, gate, 1, 3);
    gated_set(&f, gate, "circuit 7 " GATED_PAST " 2 m x");
    ck_assert_str_eq(gated_numbers(gated_unpark_two(
                         &f, mine.text, (const char *const[2]){gate, gate},
                         (const char *const[2]){"1", "1"})),
                     "1");
}
END_TEST

START_TEST(gates_are_asked_in_one_call)
{
    const char *reply;

    gated_fill(&f, mine.text, gate, 1, 3);
    gated_fill(&f, mine.text, other, 4, 6);
    reply = gated_unpark_two(&f, mine.text, (const char *const[2]){other, gate},
                             (const char *const[2]){"2", "1"});
    ck_assert_str_eq(gated_numbers(reply), "4 5 1");
    ck_assert_str_eq(gated_line(reply, 17), other);
    ck_assert_str_eq(gated_line(reply, 19), "1");
    ck_assert_str_eq(gated_line(reply, 20), gate);
    ck_assert_str_eq(gated_line(reply, 22), "2");
    functions_census(&f, 1, 6);
}
END_TEST

/* Suspects stay suspects, wherever they waited. */
static void park_record(const char *record)
{
    char key[KEY_MAX];

    keys_parked(key, &f.keys, gate);
    ask("RPUSH", key, record);
    gated_set(&f, gate, "full 7 0 0 - -");
}

START_TEST(a_parked_suspect_waits_to_be_run_alone)
{
    park_record("1-1 4 0 0 1 -\n{\"n\":1}");
    park_record("1-2 0 0 0 1 -\n{\"n\":2}");
    ck_assert_str_eq(gated_numbers(gated_unpark(&f, mine.text, gate, "9")),
                     "2");
    ck_assert_str_eq(functions_place(&f, 1), "suspects");
    ck_assert_str_eq(ask("LRANGE", f.keys.suspects, "0", "-1"),
                     "1-1 4 0 0 1 -\n{\"n\":1}");
    ck_assert_str_eq(gated_state(&f, gate), "(nil)");
}
END_TEST

START_TEST(parked_suspects_part)
{
    char record[64];

    for (int n = 1; n <= 9; n++) {
        (void)snprintf(record, sizeof record, "1-%d 3 0 0 1 -\n{\"n\":%d}", n,
                       n);
        park_record(record);
    }
    ck_assert_str_eq(gated_numbers(gated_unpark(&f, mine.text, gate, "9")),
                     "1 2 3 4");
    ck_assert_str_eq(functions_place(&f, 5), "later");
    functions_census(&f, 1, 9);
}
END_TEST

START_TEST(bytes_that_are_no_record_are_handed_out_to_be_buried)
{
    const char *reply;

    park_record("no record");
    reply = gated_unpark(&f, mine.text, gate, "9");
    ck_assert_str_eq(gated_line(reply, 3), "no record");
    ck_assert_int_eq(functions_held(&f, mine.text), 1);
}
END_TEST

/* How many commands the server has carried out. */
static int64_t commands(void)
{
    const char *at = strstr(ask("INFO", "stats"), "total_commands_processed:");

    return strtoll(at + 25, NULL, 10);
}

static void park_many(const char *key, const char *total)
{
    ask("EVAL",
        "for i = 1, ARGV[1] do redis.call('RPUSH', KEYS[1], "
        "i .. '-1 0 0 0 1 -\\n{}') end",
        "1", key, total);
    gated_set(&f, gate, "full 7 0 0 - -");
}

START_TEST(a_hundred_thousand_parked_jobs_cost_no_more_than_a_hundred)
{
    char key[KEY_MAX];
    int64_t few, many;

    keys_parked(key, &f.keys, gate);
    park_many(key, "100");
    few = commands();
    gated_unpark(&f, mine.text, gate, "20");
    few = commands() - few;
    park_many(key, "100000");
    many = commands();
    gated_unpark(&f, mine.text, gate, "20");
    many = commands() - many;
    ck_assert_int_le(many, few);
    ck_assert_int_eq(functions_held(&f, mine.text), 40);
    ck_assert_int_eq(gated_length(&f, gate), 100060);
}
END_TEST

static void park_large(const char *name)
{
    char key[KEY_MAX];

    keys_parked(key, &f.keys, name);
    ask("EVAL",
        "for i = 1, 30 do redis.call('RPUSH', KEYS[1], "
        "i .. '-1 0 0 0 ' .. #KEYS[1] .. ' -\\n' .. "
        "string.rep('x', 524288)) end",
        "1", key);
    gated_set(&f, name, "full 7 0 0 - -");
}

START_TEST(large_jobs_come_a_few_at_a_time)
{
    park_large(gate);
    park_large(other);
    gated_unpark_two(&f, mine.text, (const char *const[2]){gate, other},
                     (const char *const[2]){"6", "30"});
    /* Four megabytes, over both. */
    ck_assert_int_eq(gated_length(&f, gate), 24);
    ck_assert_int_eq(gated_length(&f, other), 28);
    gated_unpark_two(&f, mine.text, (const char *const[2]){other, gate},
                     (const char *const[2]){"30", "6"});
    ck_assert_int_eq(gated_length(&f, other), 20);
    ck_assert_int_eq(gated_length(&f, gate), 24);
}
END_TEST

static void spoil(const char *name)
{
    char key[KEY_MAX];

    (void)snprintf(key, sizeof key, "extq:{q}:%s", name);
    ask("DEL", key);
    ask("SET", key, "x");
}

static const char *const unpark_keys[] = {"gates", "changes", "suspects",
                                          "later", "parked:zeta:"};

START_TEST(a_key_of_another_type_is_an_error_before_a_job_is_taken_up)
{
    struct digest before;
    const char *reply;

    gated_fill(&f, mine.text, gate, 1, 3);
    spoil(unpark_keys[_i]);
    before = functions_digest(&f);
    reply = gated_unpark_two(&f, mine.text, (const char *const[2]){gate, other},
                             (const char *const[2]){"2", "1"});
    ck_assert_ptr_nonnull(strstr(reply, "WRONGTYPE"));
    ck_assert_str_eq(functions_digest(&f).text, before.text);
}
END_TEST

START_TEST(held_of_another_type_is_an_error_before_a_job_is_taken_up)
{
    struct digest before;
    char held[KEY_MAX];

    gated_fill(&f, mine.text, gate, 1, 3);
    keys_held(held, &f.keys, mine.text);
    ask("SET", held, "x");
    before = functions_digest(&f);
    ck_assert_ptr_nonnull(
        strstr(gated_unpark(&f, mine.text, gate, "2"), "WRONGTYPE"));
    ck_assert_str_eq(functions_digest(&f).text, before.text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lua.unpark");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_loop_test(t, a_gate_gives_what_may_go, 0, ROWS(givers));
    tcase_add_test(t, however_many_are_asked_for_none_is_lost);
    tcase_add_test(t, a_list_without_its_gate_is_full);
    tcase_add_test(t, of_four_who_ask_one_gets_the_probe);
    tcase_add_test(t, a_probe_is_waited_for_while_its_service_lives);
    tcase_add_test(t, one_s_own_probe_is_not_waited_for);
    tcase_add_test(t, a_gate_named_twice_gives_no_second_probe);
    tcase_add_test(t, gates_are_asked_in_one_call);
    tcase_add_test(t, a_parked_suspect_waits_to_be_run_alone);
    tcase_add_test(t, parked_suspects_part);
    tcase_add_test(t, bytes_that_are_no_record_are_handed_out_to_be_buried);
    tcase_add_test(t,
                   a_hundred_thousand_parked_jobs_cost_no_more_than_a_hundred);
    tcase_add_test(t, large_jobs_come_a_few_at_a_time);
    tcase_add_loop_test(
        t, a_key_of_another_type_is_an_error_before_a_job_is_taken_up, 0,
        ROWS(unpark_keys));
    tcase_add_test(t,
                   held_of_another_type_is_an_error_before_a_job_is_taken_up);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
