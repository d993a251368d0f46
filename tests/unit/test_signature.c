/* Signatures that receivers can verify: the published vectors of Standard
 * Webhooks, and every key that is none. */
#include "link/signature.h"
#include "support/main.h"
#include "support/table.h"

#include <stdio.h>

#define SECRET_1 "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
#define SECRET_2 "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define SECRET_3                                                               \
    "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSK" \
    "Jp4AJ6p9lMicMFs6Kvg=="
#define MESSAGE_1                                                              \
    {                                                                          \
        "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1649367553,                         \
            BYTES("{\"email\":\"test@example.com\","                           \
                  "\"username\":\"test_user\"}")                               \
    }
#define MESSAGE_2                                                              \
    {                                                                          \
        "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,                            \
            BYTES("{\"test\": 2432232314}")                                    \
    }
#define V1_1 "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="
#define V1_2 "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
#define V1A_2                                                                  \
    "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXw" \
    "VLPo3mNl8EM+m7TBAg=="

static const struct {
    const char *keys[SIGNING_KEYS_MAX];
    struct signed_call call;
    const char *text;
} vectors[] = {
    {{SECRET_1}, MESSAGE_1, V1_1},
    {{SECRET_2}, MESSAGE_2, V1_2},
    {{SECRET_3}, MESSAGE_2, V1A_2},
    /* Newest first, and all of them. */
    {{SECRET_3, SECRET_2}, MESSAGE_2, V1A_2 " " V1_2},
    {{SECRET_2, SECRET_3}, MESSAGE_2, V1_2 " " V1A_2},
    {{SECRET_2, SECRET_2, SECRET_3, SECRET_3},
     MESSAGE_2,
     V1_2 " " V1_2 " " V1A_2 " " V1A_2},
    {{NULL}, MESSAGE_2, ""},
};

static struct signer *signer_of(const char *const *keys)
{
    struct signer *s = signer_open();
    struct why why = {""};

    ck_assert_ptr_nonnull(s);
    for (size_t i = 0; i < SIGNING_KEYS_MAX && keys[i]; i++)
        ck_assert_msg(signer_add_key(s, span_of(keys[i]), &why) == ERR_OK, "%s",
                      why.text);
    return s;
}

START_TEST(the_published_vectors_come_out)
{
    struct signer *s = signer_of(vectors[_i].keys);
    char text[SIGNATURE_MAX];

    ck_assert_int_eq(signer_sign(s, &vectors[_i].call, text), ERR_OK);
    ck_assert_str_eq(text, vectors[_i].text);
    signer_close(&s);
    ck_assert_ptr_null(s);
}
END_TEST

START_TEST(every_part_of_the_call_counts)
{
    static const struct signed_call others[] = {
        {"msg_q5jXN8AQM9LWM0D4loKWxJek", 1614265330,
         BYTES("{\"test\": 2432232314}")},
        {"msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265331,
         BYTES("{\"test\": 2432232314}")},
        {"msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
         BYTES("{\"test\":2432232314}")},
        {"msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, {NULL, 0}},
        {"msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
         BYTES("{\"test\": 2432232314}\0")},
    };
    static const char *const keys[SIGNING_KEYS_MAX] = {SECRET_2};
    struct signer *s = signer_of(keys);
    char text[SIGNATURE_MAX];

    ck_assert_int_eq(signer_sign(s, &others[_i], text), ERR_OK);
    ck_assert_str_ne(text, V1_2);
    ck_assert_uint_eq(strlen(text), strlen(V1_2));
    signer_close(&s);
}
END_TEST

static const struct {
    const char *text, *why;
} no_keys[] = {
    {"", "begins with"},
    {"C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "begins with"},
    {"whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=", "begins with"},
    {"whsec_", "24 to 64 bytes"},
    {"whsec_Zm9v", "24 to 64 bytes"},
    {"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7o=", "24 to 64 bytes"},
    {"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7o", "base64"},
    {"whsec_C2FVsBQIhrscChlQIMV-b5sSYspob7oD", "base64"},
    {"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
     "AAAAAAAAAAAAAAAAAAAAAAAAAAAA",
     "too long"},
    {"whsk_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "64 bytes"},
    {"whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJ"
     "p4AJ6p9lMicMFs6KvA==",
     "public half"},
};

START_TEST(what_is_no_key_is_refused_and_not_quoted)
{
    struct signer *s = signer_open();
    struct why why = {""};
    char text[SIGNATURE_MAX];
    const struct signed_call call = MESSAGE_2;

    ck_assert_int_eq(signer_add_key(s, span_of(no_keys[_i].text), &why),
                     ERR_SYNTAX);
    ck_assert_msg(strstr(why.text, no_keys[_i].why) != NULL, "%s", why.text);
    if (strlen(no_keys[_i].text) > 8)
        ck_assert_ptr_null(strstr(why.text, no_keys[_i].text + 6));
    ck_assert_int_eq(signer_sign(s, &call, text), ERR_OK);
    ck_assert_str_eq(text, "");
    signer_close(&s);
}
END_TEST

START_TEST(keys_of_24_and_64_bytes_are_taken_and_a_fifth_is_not)
{
    static const char *const keys[SIGNING_KEYS_MAX] = {
        SECRET_1,
        "whsec_"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAA==",
        SECRET_3, SECRET_2};
    struct signer *s = signer_of(keys);
    struct why why = {""};

    ck_assert_int_eq(signer_add_key(s, span_of(SECRET_1), &why), ERR_LIMIT);
    ck_assert_ptr_nonnull(strstr(why.text, "more than 4"));
    signer_close(&s);
    signer_close(&s);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("link.signature");
    TCase *t = tcase_create("signature");

    suite_add_tcase(s, t);
    tcase_add_loop_test(t, the_published_vectors_come_out, 0, ROWS(vectors));
    tcase_add_loop_test(t, every_part_of_the_call_counts, 0, 5);
    tcase_add_loop_test(t, what_is_no_key_is_refused_and_not_quoted, 0,
                        ROWS(no_keys));
    tcase_add_test(t, keys_of_24_and_64_bytes_are_taken_and_a_fifth_is_not);
    return run_suite(s);
}
