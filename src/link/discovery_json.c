#include "link/discovery_backend.h"

#include "base/json.h"

#include <cjson/cJSON.h>
#include <limits.h>
#include <string.h>

struct cJSON *answer_open(struct span body, struct why *why)
{
    struct json_value value;
    struct json_flaw flaw;
    enum err e = json_check(body, &value, &flaw);
    cJSON *answer;

    if (e == ERR_SYNTAX)
        why_set(why, e, "the answer is not JSON: byte %zu: %s", flaw.offset,
                flaw.what);
    else if (e)
        why_set(why, e, "the answer cannot be read: %s", err_text(e));
    if (e)
        return NULL;
    answer = cJSON_ParseWithLength(body.at, body.len);
    if (!answer)
        why_set(why, ERR_MEMORY, "the answer cannot be read: %s",
                err_text(ERR_MEMORY));
    return answer;
}

/* As deep as json_check let the answer be. */
static void wipe(cJSON *value)
{
    for (; value; value = value->next) {
        if (value->valuestring)
            explicit_bzero(value->valuestring, strlen(value->valuestring));
        wipe(value->child);
    }
}

void answer_close(struct cJSON **answer)
{
    wipe(*answer);
    cJSON_Delete(*answer);
    *answer = NULL;
}

enum err answer_text(const struct cJSON *value, const char **ret)
{
    *ret = NULL;
    if (!value || cJSON_IsNull(value))
        return ERR_OK;
    if (!cJSON_IsString(value))
        return ERR_SYNTAX;
    if (value->valuestring[0] != '\0')
        *ret = value->valuestring;
    return ERR_OK;
}

bool pointer_is_valid(const char *pointer)
{
    if (pointer[0] != '\0' && pointer[0] != '/')
        return false;
    for (; *pointer; pointer++)
        if (*pointer == '~' && pointer[1] != '0' && pointer[1] != '1')
            return false;
    return true;
}

/* Compares a reference token, escapes and all, with a member's name. */
static bool token_is(struct span token, const char *name)
{
    for (size_t i = 0; i < token.len; i++, name++) {
        char c = token.at[i];

        if (c == '~' && i + 1 < token.len)
            c = token.at[++i] == '1' ? '/' : '~';
        if (*name != c)
            return false;
    }
    return *name == '\0';
}

static const cJSON *element(const cJSON *array, struct span token)
{
    uint64_t index;

    if (!span_number(token, &index) || index > INT_MAX)
        return NULL;
    if (token.len > 1 && token.at[0] == '0')
        return NULL;
    return cJSON_GetArrayItem(array, (int)index);
}

static const cJSON *child(const cJSON *value, struct span token)
{
    const cJSON *member;

    if (cJSON_IsArray(value))
        return element(value, token);
    if (!cJSON_IsObject(value))
        return NULL;
    cJSON_ArrayForEach(member, value)
    {
        if (token_is(token, member->string))
            return member;
    }
    return NULL;
}

const struct cJSON *pointer_find(const struct cJSON *root, const char *pointer)
{
    const cJSON *value = root;

    if (!pointer_is_valid(pointer))
        return NULL;
    while (value && *pointer) {
        size_t len = strcspn(++pointer, "/");

        value = child(value, (struct span){pointer, len});
        pointer += len;
    }
    return value;
}
