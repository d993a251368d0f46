/* The address policy against a second opinion: address_oracle.py, whose table
 * is checked in, and which is asked anew where there is a python3. */
#include "model/address.h"
#include "support/main.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORACLE "python3 '%s/tests/unit/address_oracle.py' %s 2>/dev/null"

enum { BY_CHANCE = 100000, IN_TABLE = 900 };

static const char *source(void)
{
    const char *path = getenv("EXTQ_SOURCE");

    ck_assert_msg(path != NULL, "EXTQ_SOURCE names the source's folder");
    return path;
}

static bool allowed(const char *text)
{
    static const struct address_policy nobody;
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return address_allowed(&nobody, (const struct sockaddr *)&v4);
    ck_assert_msg(inet_pton(AF_INET6, text, &v6.sin6_addr) == 1, "%s", text);
    return address_allowed(&nobody, (const struct sockaddr *)&v6);
}

/* Returns how many lines there were. */
static int compare(FILE *lines)
{
    char line[128], address[64], verdict;
    int count = 0;

    while (fgets(line, sizeof line, lines)) {
        ck_assert_msg(sscanf(line, "%63s %c", address, &verdict) == 2, "%s",
                      line);
        ck_assert_msg(allowed(address) == (verdict == '1'), "the oracle: %s",
                      line);
        count++;
    }
    return count;
}

static FILE *ask(const char *words)
{
    char command[1024];
    FILE *lines;

    (void)snprintf(command, sizeof command, ORACLE, source(), words);
    lines = popen(command, "r");
    ck_assert_ptr_nonnull(lines);
    return lines;
}

/* Silence is a machine without python3, and is said aloud. */
static bool is_there(void)
{
    FILE *probe = popen("python3 -c 'import ipaddress' 2>&1", "r");

    if (probe && pclose(probe) == 0)
        return true;
    (void)fprintf(stderr, "SKIPPED: there is no python3 to ask\n");
    return false;
}

static FILE *open_table(void)
{
    char path[1024];
    FILE *table;

    (void)snprintf(path, sizeof path, "%s/tests/unit/address_oracle.txt",
                   source());
    table = fopen(path, "r");
    ck_assert_ptr_nonnull(table);
    return table;
}

START_TEST(the_registries_borders_are_where_they_are)
{
    FILE *table = open_table();

    int compared = compare(table);

    (void)printf("%d addresses of the table compared\n", compared);
    ck_assert_int_ge(compared, IN_TABLE);
    (void)fclose(table);
}
END_TEST

START_TEST(the_table_is_the_oracles)
{
    FILE *table = open_table(), *oracle;
    char kept[128], said[128];

    if (!is_there()) {
        (void)fclose(table);
        return;
    }
    oracle = ask("table");
    while (fgets(said, sizeof said, oracle)) {
        ck_assert_msg(fgets(kept, sizeof kept, table), "too short: %s", said);
        ck_assert_str_eq(kept, said);
    }
    ck_assert_ptr_null(fgets(kept, sizeof kept, table));
    ck_assert_int_eq(pclose(oracle), 0);
    (void)fclose(table);
}
END_TEST

START_TEST(addresses_by_chance_get_the_same_verdict)
{
    char words[64];
    FILE *oracle;

    if (!is_there())
        return;
    (void)snprintf(words, sizeof words, "random 20251009 %d", BY_CHANCE);
    oracle = ask(words);
    ck_assert_int_eq(compare(oracle), BY_CHANCE);
    (void)printf("%d addresses by chance compared\n", BY_CHANCE);
    ck_assert_int_eq(pclose(oracle), 0);
}
END_TEST

int main(void)
{
    return run_tests(
        "model.address_oracle", 120, the_registries_borders_are_where_they_are,
        the_table_is_the_oracles, addresses_by_chance_get_the_same_verdict);
}
