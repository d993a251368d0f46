#include "cli/doctor_checks.h"

#include "cli/config_files.h"
#include "service/files.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

/* What libcurl of Debian uses where nothing is configured. */
static const char default_ca[] = "/etc/ssl/certs/ca-certificates.crt";

static void say_missing(void *arg, const char *key, const char *path)
{
    doctor_say(arg, HEALTH_WRONG, "files",
               "namei -l FILE, as the user of the service", "%s %s: %s", key,
               path, strerror(errno));
}

static void check_secrets(const struct doctor *d)
{
    struct why why = {""};
    enum err e = config_read_password(d->config, &why);

    if (config_files_missing(d->config, say_missing, (void *)(uintptr_t)d) > 0)
        return;
    if (!e)
        e = config_read_secrets(d->config, &why);
    if (e)
        doctor_say(d, HEALTH_WRONG, "files",
                   "namei -l FILE, as the user of the service", "%s",
                   why.text[0] ? why.text : err_text(e));
    else
        doctor_say(d, HEALTH_FINE, "files", "", "all can be read");
}

static void check_files(const struct doctor *d)
{
    const struct config *c = d->config;
    uint64_t wanted = files_wanted(c);
    struct rlimit limit;
    char mend[80];

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    (void)snprintf(mend, sizeof mend,
                   "ulimit -n %" PRIu64 ", or LimitNOFILE= in the unit",
                   wanted);
    if (limit.rlim_max < wanted)
        doctor_say(d, HEALTH_WARN, "file limit", mend,
                   "%" PRIu64 " files may be open; %" PRIu32
                   " workers with %" PRIu32 " jobs each may want %" PRIu64,
                   (uint64_t)limit.rlim_max, c->workers, c->in_flight, wanted);
    else
        doctor_say(d, HEALTH_FINE, "file limit", "", "%" PRIu64,
                   (uint64_t)limit.rlim_max);
}

/* Certificates in the file; -1 when it cannot be read. */
static int count_certificates(const char *path)
{
    FILE *file = fopen(path, "re");
    char line[256];
    int count = 0;

    if (!file)
        return -1;
    while (fgets(line, sizeof line, file))
        count += strncmp(line, "-----BEGIN CERTIFICATE", 22) == 0;
    (void)fclose(file);
    return count;
}

static void check_ca(const struct doctor *d)
{
    const char *configured = d->config->http.ca_file;
    const char *path = configured[0] ? configured : default_ca;
    int count = count_certificates(path);

    if (count > 0)
        doctor_say(d, HEALTH_FINE, "certificates", "", "%s: %d authorities",
                   path, count);
    else
        doctor_say(d, HEALTH_WRONG, "certificates",
                   configured[0] ? "network.ca_file names a PEM file"
                                 : "apt-get install ca-certificates",
                   "%s %s", path,
                   count < 0 ? "cannot be read" : "holds no certificate");
}

void doctor_host(const struct doctor *d)
{
    check_secrets(d);
    check_files(d);
    check_ca(d);
}
