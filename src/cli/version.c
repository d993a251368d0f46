/* extq version: what is at work here, for bug reports. */
#include "base/json.h"
#include "cli/command.h"
#include "cli/options.h"
#include "link/discovery_version.h"
#include "link/http.h"
#include "link/library.h"
#include "link/reply.h"
#include "service/config_version.h"

#include <ares.h>
#include <microhttpd.h>
#include <stdio.h>
#include <uv.h>

struct part {
    const char *name, *version;
};

static const char examples[] = "  extq version\n"
                               "  extq version --json | jq -r .libuv\n";

static void print_plain(const struct part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        printf("%-14s %s\n", parts[i].name, parts[i].version);
}

static int print_json(const struct part *parts, size_t count)
{
    struct buf line = buf_make(4096);
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i < count; i++) {
        e = buf_printf(&line, "%s\"%s\":", i > 0 ? "," : "{", parts[i].name);
        if (!e)
            e = json_quote(&line, span_of(parts[i].version));
    }
    if (!e)
        printf("%s}\n", line.at);
    buf_clear(&line);
    return e ? EXIT_FAILED : EXIT_OK;
}

int command_version(int argc, char **argv)
{
    struct common_options common = {0};
    bool json = false;
    const struct option_spec specs[] = {
        {"json", 0, OPTION_FLAG, NULL, "as one JSON object", &json, 0, NULL},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL, 0, NULL},
    };
    const struct options options = {
        "version", "",      "Prints the versions of extq and its libraries",
        examples,  specs,   0,
        0,         &common,
    };
    const struct part parts[] = {
        {"extq", EXTQ_VERSION},
        {"library", library_name},
        {"libcurl", http_version()},
        {"hiredis", reply_hiredis_version()},
        {"libuv", uv_version_string()},
        {"libyaml", config_yaml_version()},
        {"cJSON", discovery_cjson_version()},
        {"c-ares", ares_version(NULL)},
        {"libmicrohttpd", MHD_get_version()},
    };
    size_t count = sizeof parts / sizeof *parts;
    int operand, code;

    if (!options_read(&options, argc, argv, &operand, &code))
        return code;
    if (json)
        return print_json(parts, count);
    print_plain(parts, count);
    return EXIT_OK;
}
