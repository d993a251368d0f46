#include "support/certificates.h"

#include "support/process.h"

enum { LIMIT_MS = 30000 };

static const char script[] =
    "set -e; cd \"$0\"\n"
    "key='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2'\n"
    "for ca in ca other; do\n"
    "  openssl req -x509 $key -subj /CN=$ca -keyout $ca.key -out $ca.crt\n"
    "done\n"
    "for name in localhost client loopback; do\n"
    "  openssl req $key -subj /CN=$name -keyout $name.key -out $name.csr\n"
    "  echo subjectAltName=DNS:$name > $name.ext\n"
    "  [ $name != loopback ] || echo subjectAltName=IP:127.0.0.1 > $name.ext\n"
    "  openssl x509 -req -in $name.csr -CA ca.crt -CAkey ca.key -days 2 \\\n"
    "    -set_serial 1 -extfile $name.ext -out $name.crt\n"
    "done\n";

void certificates_make(const struct temp_path *dir)
{
    struct process *p = process_start(
        (const char *const[]){"sh", "-c", script, dir->text, NULL}, NULL);

    process_expect(p, 0, LIMIT_MS);
    process_close(&p);
}
