/* The words of the outcome stream are a contract. */
#include "model/outcome.h"
#include "support/main.h"

#include <string.h>

START_TEST(verdicts_have_the_words_of_the_contract)
{
    static const char *const words[VERDICTS] = {
        "delivered", "retry", "dead", "expired", "skipped", "dropped"};

    for (unsigned i = 0; i < VERDICTS; i++)
        ck_assert_str_eq(verdict_text((enum verdict)i), words[i]);
}
END_TEST

START_TEST(classes_have_the_words_of_the_contract)
{
    static const char *const words[CLASSES] = {
        "ok",
        "no_extension",
        "unreachable",
        "timeout",
        "reset",
        "platform_error",
        "throttled",
        "unauthorized",
        "not_found",
        "gone",
        "compile_error",
        "rejected",
        "redirect",
        "invalid_response",
        "extension_error",
        "extension_crash",
        "extension_busy",
        "blocked_address",
        "discovery_failed",
        "malformed",
        "expired",
        "worker_killer",
    };

    for (unsigned i = 0; i < CLASSES; i++)
        ck_assert_str_eq(class_text((enum class)i), words[i]);
}
END_TEST

START_TEST(every_word_fits_into_a_record_history)
{
    for (unsigned i = 0; i < CLASSES; i++) {
        const char *word = class_text((enum class)i);
        ck_assert_uint_eq(strspn(word, "abcdefghijklmnopqrstuvwxyz_"),
                          strlen(word));
        ck_assert_uint_le(strlen(word), 32);
    }
}
END_TEST

int main(void)
{
    return run_tests("model.outcome", 10,
                     verdicts_have_the_words_of_the_contract,
                     classes_have_the_words_of_the_contract,
                     every_word_fits_into_a_record_history);
}
