#include "link/keys.h"

#include "support/main.h"

#include <string.h>

START_TEST(every_key_of_a_queue_lives_in_one_cluster_slot)
{
    struct queue_keys k;
    const char *keys[] = {k.jobs,   k.outcomes, k.later, k.dead,
                          k.leases, k.services, k.meta,  k.held};

    keys_of_queue(&k, "extq", "default");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        ck_assert_ptr_eq(strstr(keys[i], "extq:{default}:"), keys[i]);
}
END_TEST

START_TEST(producers_and_operators_find_the_keys_they_were_promised)
{
    struct queue_keys k;

    keys_of_queue(&k, "extq", "default");
    ck_assert_str_eq(k.jobs, "extq:{default}:jobs");
    ck_assert_str_eq(k.outcomes, "extq:{default}:outcomes");
    ck_assert_str_eq(k.later, "extq:{default}:later");
    ck_assert_str_eq(k.dead, "extq:{default}:dead");
    ck_assert_str_eq(k.leases, "extq:{default}:leases");
    ck_assert_str_eq(k.services, "extq:{default}:services");
    ck_assert_str_eq(k.meta, "extq:{default}:meta");
}
END_TEST

START_TEST(an_epoch_has_its_own_held_hash)
{
    struct queue_keys k;
    char held[KEY_MAX];

    keys_of_queue(&k, "p", "q");
    keys_held(held, &k, "7-1700000000000000");
    ck_assert_str_eq(held, "p:{q}:held:7-1700000000000000");
}
END_TEST

START_TEST(the_cache_entry_and_its_mark_share_the_containers_slot)
{
    char entry[KEY_MAX], ask[KEY_MAX];

    keys_of_extension(entry, ask, "extq", "acme", "on-new-lead");
    ck_assert_str_eq(entry, "extq:ext:{acme}:on-new-lead");
    ck_assert_str_eq(ask, "extq:ext:{acme}:on-new-lead:ask");
}
END_TEST

START_TEST(the_longest_names_fit_into_a_key)
{
    char prefix[65], name[IDENT_MAX + 1], entry[KEY_MAX], ask[KEY_MAX];
    struct queue_keys k;

    memset(prefix, 'p', sizeof prefix - 1);
    prefix[sizeof prefix - 1] = '\0';
    memset(name, 'n', IDENT_MAX);
    name[IDENT_MAX] = '\0';
    keys_of_queue(&k, prefix, prefix);
    ck_assert_uint_eq(strlen(k.jobs), 64 + 64 + strlen(":{}:jobs"));
    keys_of_extension(entry, ask, prefix, name, name);
    ck_assert_uint_eq(strlen(ask), 64 + 256 + strlen(":ext:{}::ask"));
}
END_TEST

int main(void)
{
    return run_tests("link.keys", 10,
                     every_key_of_a_queue_lives_in_one_cluster_slot,
                     producers_and_operators_find_the_keys_they_were_promised,
                     an_epoch_has_its_own_held_hash,
                     the_cache_entry_and_its_mark_share_the_containers_slot,
                     the_longest_names_fit_into_a_key);
}
