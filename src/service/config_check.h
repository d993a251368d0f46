/* The forms of texts in the configuration. Each check returns ERR_OK, or
 * ERR_SYNTAX with *why: what is wrong, without the text itself, which may hold
 * what nobody should see. */
#ifndef EXTQ_SERVICE_CONFIG_CHECK_H
#define EXTQ_SERVICE_CONFIG_CHECK_H

#include "base/err.h"

/* redis://, unix:// or embedded:///folder; empty = derived. */
enum err check_redis_url(const char *text, struct why *why) must_check;

/* Queue names and the key prefix. */
enum err check_queue_name(const char *text, struct why *why) must_check;

/* Container and point. */
enum err check_name(const char *text, struct why *why) must_check;

/* http:// or https://, a host, no user, no fragment; check_url_or_none takes
 * an empty text too. */
enum err check_url(const char *text, struct why *why) must_check;
enum err check_url_or_none(const char *text, struct why *why) must_check;

/* RFC 6901, not the whole document; check_pointer_or_none: or empty. */
enum err check_pointer(const char *text, struct why *why) must_check;
enum err check_pointer_or_none(const char *text, struct why *why) must_check;

/* type/subtype with parameters: goes into a header as it is. */
enum err check_content_type(const char *text, struct why *why) must_check;

/* A metadata key: printable, without a colon, which ends it in a query. */
enum err check_domains(const char *text, struct why *why) must_check;
enum err check_meta_key(const char *text, struct why *why) must_check;

/* No white space: goes into the outcome stream and log lines. */
enum err check_word(const char *text, struct why *why) must_check;

/* Addresses with or without a port, separated by commas, or empty. */
enum err check_servers(const char *text, struct why *why) must_check;

/* Names of hosts, separated by commas, or empty. */
enum err check_hosts(const char *text, struct why *why) must_check;

/* host:port, [IPv6]:port, or empty. */
enum err check_listen(const char *text, struct why *why) must_check;

#endif
