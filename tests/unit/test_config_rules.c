/* The rules of classes, as they are written in the file. */
#include "service/config.h"
#include "support/main.h"
#include "support/temp.h"

#include <stdio.h>

static struct config *read_text(const char *text)
{
    struct temp_path dir = temp_dir(), file;
    struct config *c = NULL;
    struct why why = {""};

    file = temp_write(&dir, "extq.yaml", text);
    ck_assert_msg(config_read(file.text, &c, &why) == ERR_OK, "%s", why.text);
    return c;
}

START_TEST(a_rule_is_a_word_or_a_number_of_calls)
{
    struct config *c = read_text("points:\n"
                                 "  p:\n"
                                 "    rules:\n"
                                 "      timeout: dead\n"
                                 "      rejected: retry\n"
                                 "      extension_error: 12\n"
                                 "      redirect: 1\n"
                                 "      blocked_address: 1000\n"
                                 "      no_extension: retry\n");
    const uint32_t *rules = config_policy(c, "p")->rules;

    ck_assert_uint_eq(rules[CLASS_TIMEOUT], RULE_DEAD);
    ck_assert_uint_eq(rules[CLASS_REJECTED], RULE_RETRY);
    ck_assert_uint_eq(rules[CLASS_EXTENSION_ERROR], 12);
    ck_assert_uint_eq(rules[CLASS_REDIRECT], RULE_DEAD);
    ck_assert_uint_eq(rules[CLASS_BLOCKED_ADDRESS], 1000);
    ck_assert_uint_eq(rules[CLASS_NO_EXTENSION], RULE_RETRY);
    config_close(&c);
}
END_TEST

START_TEST(what_a_point_leaves_out_is_as_the_default_point_has_it)
{
    struct config *c = read_text(
        "points:\n"
        "  p: {rules: {timeout: dead}}\n"
        "  default: {rules: {timeout: 3, reset: 4, no_extension: dead}}\n"
        "  q: {rules: {no_extension: skip}}\n");
    const struct policy model = policy_default();
    const uint32_t *p = config_policy(c, "p")->rules;
    const uint32_t *q = config_policy(c, "q")->rules;
    const uint32_t *other = config_policy(c, "other")->rules;

    ck_assert_uint_eq(p[CLASS_TIMEOUT], RULE_DEAD);
    ck_assert_uint_eq(p[CLASS_RESET], 4);
    ck_assert_uint_eq(p[CLASS_NO_EXTENSION], RULE_DEAD);
    ck_assert_uint_eq(q[CLASS_TIMEOUT], 3);
    ck_assert_uint_eq(q[CLASS_NO_EXTENSION], RULE_SKIP);
    ck_assert_uint_eq(other[CLASS_TIMEOUT], 3);
    for (unsigned i = 0; i < CLASSES; i++)
        if (i != CLASS_TIMEOUT && i != CLASS_RESET && i != CLASS_NO_EXTENSION)
            ck_assert_uint_eq(other[i], model.rules[i]);
    config_close(&c);
}
END_TEST

START_TEST(each_class_with_a_rule_can_be_configured)
{
    for (unsigned i = 0; i < CLASSES; i++) {
        struct config *c;
        char text[128];

        if (!policy_has_rule((enum class)i))
            continue;
        snprintf(text, sizeof text, "points: {default: {rules: {%s: 42}}}\n",
                 class_text((enum class)i));
        c = read_text(text);
        ck_assert_uint_eq(c->default_policy.rules[i], 42);
        config_close(&c);
    }
}
END_TEST

int main(void)
{
    return run_tests("service.config_rules", 20,
                     a_rule_is_a_word_or_a_number_of_calls,
                     what_a_point_leaves_out_is_as_the_default_point_has_it,
                     each_class_with_a_rule_can_be_configured);
}
