#include "support/page.h"

#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 128, LINES_MAX = 20000 };

static const char first_letters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
static const char letters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";

struct reader {
    char fault[512];
    char name[NAME_MAX_BYTES]; /* of the family under way */
    char kind[16];
    const char *families[LINES_MAX], *series[LINES_MAX]; /* starts of lines */
    size_t family_count, series_count;
    char bucket[512]; /* labels of the histogram under way, without le */
    double bound, below;
    bool full, counted, summed;
};

static bool complain(struct reader *r, const char *what, const char *line)
{
    (void)snprintf(r->fault, sizeof r->fault, "%s: %.*s", what,
                   (int)strcspn(line, "\n"), line);
    return false;
}

static size_t name_length(const char *at)
{
    return strchr(first_letters, *at) && *at ? strspn(at, letters) : 0;
}

/* The length of the series at `at`: name and labels, or 0. */
static size_t series_length(const char *at)
{
    size_t n = name_length(at);

    if (n == 0 || at[n] != '{')
        return n;
    do {
        size_t label = name_length(at + ++n);

        n += label;
        if (label == 0 || at[n] != '=' || at[n + 1] != '"')
            return 0;
        for (n += 2; at[n] != '"'; n++) {
            if (at[n] == '\n' || at[n] == '\0')
                return 0;
            if (at[n] == '\\' && !strchr("\\\"n", at[++n]))
                return 0;
        }
    } while (at[++n] == ',');
    return at[n] == '}' ? n + 1 : 0;
}

/* Both begin with a series, and it is the same one. */
static int compare(const void *a, const void *b)
{
    const char *x = *(const char *const *)a, *y = *(const char *const *)b;
    size_t m = series_length(x), n = series_length(y);

    return m != n ? (m > n) - (m < n) : strncmp(x, y, m);
}

static bool ends_with(const char *name, const char *end)
{
    size_t m = strlen(name), n = strlen(end);

    return m > n && strcmp(name + m - n, end) == 0;
}

/* What is known of the family that ends here. */
static bool close_family(struct reader *r, const char *line)
{
    bool histogram = strcmp(r->kind, "histogram") == 0;

    if (histogram && r->bucket[0] && !(r->full && r->counted && r->summed))
        return complain(r, "a histogram without +Inf, _count or _sum before",
                        line);
    r->bucket[0] = '\0';
    return true;
}

static bool open_family(struct reader *r, const char *line)
{
    char name[NAME_MAX_BYTES], kind[16];
    size_t n = name_length(line + 7);
    const char *next = strchr(line, '\n') + 1;

    if (!close_family(r, line))
        return false;
    if (n == 0 || n >= sizeof name || line[7 + n] != ' ')
        return complain(r, "HELP without a name and a text", line);
    (void)snprintf(name, sizeof name, "%.*s", (int)n, line + 7);
    if (strncmp(next, "# TYPE ", 7) != 0 || strncmp(next + 7, name, n) != 0 ||
        sscanf(next + 7 + n, " %15[a-z]", kind) != 1 ||
        next[8 + n + strlen(kind)] != '\n')
        return complain(r, "HELP without TYPE", line);
    if (strcmp(kind, "counter") != 0 && strcmp(kind, "gauge") != 0 &&
        strcmp(kind, "histogram") != 0)
        return complain(r, "an unknown type", next);
    if ((strcmp(kind, "counter") == 0) != ends_with(name, "_total"))
        return complain(r, "counters, and they alone, end in _total", next);
    for (size_t i = 0; i < r->family_count; i++)
        if (strncmp(r->families[i] + 7, name, n) == 0 &&
            r->families[i][7 + n] == ' ')
            return complain(r, "a family twice", line);
    r->families[r->family_count++] = line;
    memcpy(r->name, name, sizeof name);
    memcpy(r->kind, kind, sizeof kind);
    return true;
}

/* A bucket, whose labels end with le, or the _count or _sum behind them. */
static bool read_part(struct reader *r, const char *line, double value)
{
    const char *suffix = line + strlen(r->name), *le, *labels;
    double bound;

    labels = suffix + name_length(suffix);
    if (strncmp(suffix, "_sum", 4) == 0)
        return (r->summed = true);
    if (strncmp(suffix, "_count", 6) == 0) {
        r->counted = true;
        return value == r->below && r->full
                   ? true
                   : complain(r, "_count is not the +Inf bucket", line);
    }
    le = strstr(labels, ",le=\"");
    if (strncmp(suffix, "_bucket", 7) != 0 || !le)
        return complain(r, "no part of a histogram", line);
    if (strncmp(r->bucket, labels, (size_t)(le - labels)) != 0 || r->full) {
        if (!close_family(r, line))
            return false;
        (void)snprintf(r->bucket, sizeof r->bucket, "%.*s", (int)(le - labels),
                       labels);
        r->bound = r->below = -1;
        r->full = r->counted = r->summed = false;
    }
    bound = strtod(le + 5, NULL);
    if (bound <= r->bound || value < r->below)
        return complain(r, "buckets that do not rise", line);
    r->bound = bound;
    r->below = value;
    r->full = isinf(bound);
    return true;
}

static bool read_sample(struct reader *r, const char *line)
{
    size_t n = series_length(line), name = name_length(line);
    bool histogram = strcmp(r->kind, "histogram") == 0;
    double value;
    char *end;

    if (n == 0 || line[n] != ' ')
        return complain(r, "no sample", line);
    value = strtod(line + n + 1, &end);
    if (end == line + n + 1 || *end != '\n' || isnan(value) || value < 0 ||
        line[n + 1] == ' ')
        return complain(r, "no value", line);
    r->series[r->series_count++] = line;
    if (strncmp(line, r->name, strlen(r->name)) != 0 ||
        (!histogram && name != strlen(r->name)))
        return complain(r, "a sample of another family", line);
    return histogram ? read_part(r, line, value) : true;
}

static bool read_page(struct reader *r, const char *page)
{
    const char *next;
    size_t lines = 0;

    for (const char *line = page; *line; line = next) {
        bool help = strncmp(line, "# HELP ", 7) == 0;

        next = strchr(line, '\n');
        if (!next || ++lines >= LINES_MAX)
            return complain(r, "a line without end, or too many", line);
        next++;
        if (help ? !open_family(r, line) : !read_sample(r, line))
            return false;
        if (help)
            next = strchr(next, '\n') + 1;
    }
    if (!close_family(r, "the page's end"))
        return false;
    qsort(r->series, r->series_count, sizeof *r->series, compare);
    for (size_t i = 1; i < r->series_count; i++)
        if (compare(&r->series[i - 1], &r->series[i]) == 0)
            return complain(r, "a series twice", r->series[i]);
    return lines > 0 || complain(r, "an empty page", "");
}

const char *page_fault(const char *page)
{
    static struct reader reader;

    memset(&reader, 0, sizeof reader);
    return read_page(&reader, page) ? NULL : reader.fault;
}

void page_check(const char *page)
{
    const char *fault = page_fault(page);

    ck_assert_msg(!fault, "%s\nin\n%s", fault, page);
}

double page_value(const char *page, const char *series)
{
    size_t n = strlen(series);

    for (const char *line = page; *line; line = strchr(line, '\n') + 1)
        if (strncmp(line, series, n) == 0 && line[n] == ' ')
            return strtod(line + n, NULL);
    return (double)NAN;
}

double page_sum(const char *page, const char *name)
{
    size_t n = strlen(name);
    double sum = 0;

    for (const char *line = page; *line; line = strchr(line, '\n') + 1)
        if (strncmp(line, name, n) == 0 && (line[n] == ' ' || line[n] == '{'))
            sum += strtod(line + series_length(line), NULL);
    return sum;
}
