/* units.c - quantities in text. See units.h. */
#include "base/units.h"

#include "base/text.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

enum {
    TEXT_BYTES = 100,
    MANTISSA_DIGITS = 19,
    DIGITS_MOST = 6,  /* chosen: as many as can be read at a glance */
    LIKE_DIGITS = 12, /* chosen: all digits that rounding does not affect */
};

/* base value = number x times / over. Units are listed in the order of this table. */
struct unit {
    enum sim_dimension dimension;
    const char *text;
    uint64_t times, over;
    bool alias; /* accepted, but neither listed nor written */
};

#define KI UINT64_C(1024)
#define MI UINT64_C(1048576)
#define GI UINT64_C(1073741824)
#define TI UINT64_C(1099511627776)

static const struct unit units[] = {
    {SIM_DIM_TIME, "ns", 1, 1, false},
    {SIM_DIM_TIME, "us", 1000, 1, false},
    {SIM_DIM_TIME, "\xC2\xB5s", 1000, 1, true}, /* micro sign */
    {SIM_DIM_TIME, "\xCE\xBCs", 1000, 1, true}, /* Greek mu */
    {SIM_DIM_TIME, "ms", 1000000, 1, false},
    {SIM_DIM_TIME, "s", 1000000000, 1, false},
    {SIM_DIM_TIME, "min", UINT64_C(60000000000), 1, false},
    {SIM_DIM_TIME, "h", UINT64_C(3600000000000), 1, false},
    {SIM_DIM_TIME, "d", UINT64_C(86400000000000), 1, false},
    {SIM_DIM_RATE, "/d", 1, 86400, false},
    {SIM_DIM_RATE, "/h", 1, 3600, false},
    {SIM_DIM_RATE, "/min", 1, 60, false},
    {SIM_DIM_RATE, "/s", 1, 1, false},
    {SIM_DIM_RATE, "k/d", 1000, 86400, true},
    {SIM_DIM_RATE, "k/h", 1000, 3600, true},
    {SIM_DIM_RATE, "k/min", 1000, 60, true},
    {SIM_DIM_RATE, "k/s", 1000, 1, true},
    {SIM_DIM_RATE, "M/d", 1000000, 86400, true},
    {SIM_DIM_RATE, "M/h", 1000000, 3600, true},
    {SIM_DIM_RATE, "M/min", 1000000, 60, true},
    {SIM_DIM_RATE, "M/s", 1000000, 1, true},
    {SIM_DIM_BYTES, "B", 1, 1, false},
    {SIM_DIM_BYTES, "kB", 1000, 1, false},
    {SIM_DIM_BYTES, "KiB", KI, 1, false},
    {SIM_DIM_BYTES, "MB", 1000000, 1, false},
    {SIM_DIM_BYTES, "MiB", MI, 1, false},
    {SIM_DIM_BYTES, "GB", 1000000000, 1, false},
    {SIM_DIM_BYTES, "GiB", GI, 1, false},
    {SIM_DIM_BYTES, "TB", UINT64_C(1000000000000), 1, false},
    {SIM_DIM_BYTES, "TiB", TI, 1, false},
    {SIM_DIM_BANDWIDTH, "bit/s", 1, 8, false},
    {SIM_DIM_BANDWIDTH, "B/s", 1, 1, false},
    {SIM_DIM_BANDWIDTH, "kbit/s", 125, 1, false},
    {SIM_DIM_BANDWIDTH, "kB/s", 1000, 1, false},
    {SIM_DIM_BANDWIDTH, "KiB/s", KI, 1, false},
    {SIM_DIM_BANDWIDTH, "Mbit/s", 125000, 1, false},
    {SIM_DIM_BANDWIDTH, "MB/s", 1000000, 1, false},
    {SIM_DIM_BANDWIDTH, "MiB/s", MI, 1, false},
    {SIM_DIM_BANDWIDTH, "Gbit/s", 125000000, 1, false},
    {SIM_DIM_BANDWIDTH, "GB/s", 1000000000, 1, false},
    {SIM_DIM_BANDWIDTH, "GiB/s", GI, 1, false},
    {SIM_DIM_BANDWIDTH, "Tbit/s", UINT64_C(125000000000), 1, false},
    {SIM_DIM_BANDWIDTH, "TB/s", UINT64_C(1000000000000), 1, false},
    {SIM_DIM_FRACTION, "", 1, 1, false},
    {SIM_DIM_FRACTION, "%", 1, 100, false},
    {SIM_DIM_COUNT, "", 1, 1, false},
    {SIM_DIM_COUNT, "k", 1000, 1, false},
    {SIM_DIM_COUNT, "M", 1000000, 1, false},
    {SIM_DIM_COUNT, "G", 1000000000, 1, false},
    {SIM_DIM_NUMBER, "", 1, 1, false},
};

enum { UNIT_COUNT = sizeof units / sizeof units[0] };

static const struct {
    const char *name, *example, *usual;
} dimensions[SIM_DIMENSIONS] = {
    [SIM_DIM_TIME] = {"a duration", "\"60s\"", "s"},
    [SIM_DIM_RATE] = {"a rate", "\"2000/s\"", "/s"},
    [SIM_DIM_BYTES] = {"a size", "\"1KiB\"", "B"},
    [SIM_DIM_BANDWIDTH] = {"a bandwidth", "\"1Gbit/s\"", "B/s"},
    [SIM_DIM_FRACTION] = {"a fraction", "0.25 or \"25%\"", ""},
    [SIM_DIM_COUNT] = {"a count", "100000 or \"100k\"", ""},
    [SIM_DIM_NUMBER] = {"a number", "0.99", ""},
};

/* Units that people write by mistake, and what to write instead. */
static const struct {
    enum sim_dimension dimension;
    const char *wrong, *right;
} habits[] = {
    {SIM_DIM_TIME, "m", "write \"min\" for minutes or \"ms\" for milliseconds"},
    {SIM_DIM_TIME, "sec", "write \"s\""},
    {SIM_DIM_TIME, "secs", "write \"s\""},
    {SIM_DIM_TIME, "second", "write \"s\""},
    {SIM_DIM_TIME, "seconds", "write \"s\""},
    {SIM_DIM_TIME, "msec", "write \"ms\""},
    {SIM_DIM_TIME, "usec", "write \"us\""},
    {SIM_DIM_TIME, "mins", "write \"min\""},
    {SIM_DIM_TIME, "minutes", "write \"min\""},
    {SIM_DIM_TIME, "hr", "write \"h\""},
    {SIM_DIM_TIME, "hour", "write \"h\""},
    {SIM_DIM_TIME, "hours", "write \"h\""},
    {SIM_DIM_TIME, "day", "write \"d\""},
    {SIM_DIM_TIME, "days", "write \"d\""},
    {SIM_DIM_RATE, "rps", "write \"/s\""},
    {SIM_DIM_RATE, "qps", "write \"/s\""},
    {SIM_DIM_RATE, "req/s", "write \"/s\""},
    {SIM_DIM_RATE, "requests/s", "write \"/s\""},
    {SIM_DIM_RATE, "Hz", "write \"/s\""},
    {SIM_DIM_RATE, "/m", "write \"/min\" for minutes"},
    {SIM_DIM_RATE, "k/m", "write \"k/min\" for minutes"},
    {SIM_DIM_RATE, "M/m", "write \"M/min\" for minutes"},
    {SIM_DIM_RATE, "/minute", "write \"/min\""},
    {SIM_DIM_RATE, "/mins", "write \"/min\""},
    {SIM_DIM_RATE, "/sec", "write \"/s\""},
    {SIM_DIM_RATE, "/second", "write \"/s\""},
    {SIM_DIM_RATE, "/hr", "write \"/h\""},
    {SIM_DIM_RATE, "/hour", "write \"/h\""},
    {SIM_DIM_RATE, "/day", "write \"/d\""},
    {SIM_DIM_RATE, "/ms", "write \"k/s\": a thousand a second is one a millisecond"},
    {SIM_DIM_RATE, "rpm", "write \"/min\""},
    {SIM_DIM_RATE, "K/s", "write \"k/s\" for thousands"},
    {SIM_DIM_RATE, "m/s", "write \"M/s\" for millions"},
    {SIM_DIM_BYTES, "KB", "write \"kB\" for 1000 bytes or \"KiB\" for 1024"},
    {SIM_DIM_BYTES, "K", "write \"kB\" for 1000 bytes or \"KiB\" for 1024"},
    {SIM_DIM_BYTES, "k", "write \"kB\" for 1000 bytes or \"KiB\" for 1024"},
    {SIM_DIM_BYTES, "M", "write \"MB\" or \"MiB\""},
    {SIM_DIM_BYTES, "G", "write \"GB\" or \"GiB\""},
    {SIM_DIM_BYTES, "b", "write \"B\" for bytes"},
    {SIM_DIM_BYTES, "mb", "write \"MB\" or \"MiB\""},
    {SIM_DIM_BYTES, "gb", "write \"GB\" or \"GiB\""},
    {SIM_DIM_BYTES, "kb", "write \"kB\" for 1000 bytes or \"KiB\" for 1024"},
    {SIM_DIM_BANDWIDTH, "Mbps", "write \"Mbit/s\""},
    {SIM_DIM_BANDWIDTH, "Gbps", "write \"Gbit/s\""},
    {SIM_DIM_BANDWIDTH, "kbps", "write \"kbit/s\""},
    {SIM_DIM_COUNT, "K", "write \"k\" for thousands"},
    {SIM_DIM_COUNT, "m", "write \"M\" for millions"},
};

/* A decimal number, read but not yet turned into a double. */
struct decimal {
    bool negative, zero;
    uint64_t mantissa; /* the first 19 significant digits */
    int exponent;      /* of ten */
    bool cut;          /* there were more digits */
    char plain
        [TEXT_BYTES +
         16]; /* all digits and an exponent, without a point, so that the locale does not matter */
    size_t length; /* bytes of the text that belong to the number */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int fail(struct sim_error *error, const char *sentence)
{
    snprintf(error->text, sizeof error->text, "%s", sentence);
    return -1;
}

/* Says why `text` does not start with a number. */
static int not_a_number(const char *text, enum sim_dimension dimension, struct sim_error *error)
{
    const char *name = dimensions[dimension].name, *example = dimensions[dimension].example;
    struct sim_quoted said = sim_quote(text);
    size_t size = sizeof error->text;
    if (*text == '\0')
        snprintf(error->text, size, "an empty text is not %s, such as %s", name, example);
    else if (*text == '+')
        snprintf(error->text, size, "leave out the \"+\" of \"%s\"", said.s);
    else if (*text == ' ')
        snprintf(error->text, size, "leave out the space that \"%s\" begins with", said.s);
    else if (*text == '.' && is_digit(text[1]))
        snprintf(error->text, size, "\"%s\" needs a digit before the point: \"0%s\"", said.s,
                 said.s);
    else
        snprintf(error->text, size, "\"%s\" is not %s, such as %s", said.s, name, example);
    return -1;
}

static void add_digit(struct decimal *d, char digit, size_t *n, int *seen, int after_point)
{
    d->plain[(*n)++] = digit;
    d->exponent -= after_point;
    if (*seen == 0 && digit == '0')
        return;
    if (*seen < MANTISSA_DIGITS) {
        d->mantissa = d->mantissa * 10 + (uint64_t)(digit - '0');
        (*seen)++;
    } else {
        d->exponent++;
        d->cut = d->cut || digit != '0';
    }
}

/* Reads the exponent at p, if there is one. Returns its length in bytes. */
static size_t read_exponent(const char *p, int *exponent)
{
    size_t n = 1;
    bool negative = false;
    if (*p != 'e' && *p != 'E')
        return 0;
    if (p[n] == '+' || p[n] == '-')
        negative = p[n++] == '-';
    if (!is_digit(p[n]))
        return 0;
    int value = 0;
    for (; is_digit(p[n]); n++)
        value = value < 100000 ? value * 10 + (p[n] - '0') : value;
    *exponent = negative ? -value : value;
    return n;
}

static int read_decimal(const char *text, enum sim_dimension dimension, struct decimal *d,
                        struct sim_error *error)
{
    *d = (struct decimal){0};
    size_t n = 0;
    int seen = 0, shift = 0, places = 0;
    const char *p = text;
    if (*p == '-') {
        d->negative = true;
        d->plain[n++] = *p++;
    }
    if (!is_digit(*p))
        return not_a_number(text, dimension, error);
    if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X'))
        return fail(error, "hexadecimal numbers are not read here: write it in decimal");
    for (; is_digit(*p); p++)
        add_digit(d, *p, &n, &seen, 0);
    if (*p == '.') {
        if (!is_digit(p[1])) {
            snprintf(error->text, sizeof error->text, "\"%s\" needs a digit after the point",
                     sim_quote(text).s);
            return -1;
        }
        for (p++; is_digit(*p); p++, places++)
            add_digit(d, *p, &n, &seen, 1);
    }
    p += read_exponent(p, &shift);
    d->exponent += shift;
    d->zero = seen == 0;
    d->length = (size_t)(p - text);
    snprintf(d->plain + n, sizeof d->plain - n, "e%d", shift - places);
    return 0;
}

static const struct unit *unit_find(enum sim_dimension dimension, const char *text)
{
    for (size_t i = 0; i < UNIT_COUNT; i++)
        if (units[i].dimension == dimension && strcmp(units[i].text, text) == 0)
            return &units[i];
    return NULL;
}

/* Another dimension that has this unit; -1 when none has. */
static int dimension_of(const char *unit)
{
    for (size_t i = 0; i < UNIT_COUNT && *unit; i++)
        if (strcmp(units[i].text, unit) == 0)
            return (int)units[i].dimension;
    return -1;
}

static int wrong_unit(const char *text, const char *unit, enum sim_dimension dimension,
                      const char *noun, struct sim_error *error)
{
    const char *name = dimensions[dimension].name;
    size_t size = sizeof error->text;
    if (*unit == '\0') {
        snprintf(error->text, size, "%s needs a unit: \"%s%s\"", name, sim_quote(text).s,
                 dimensions[dimension].usual);
        return -1;
    }
    if (unit[strlen(unit) - 1] == ' ') {
        snprintf(error->text, size, "leave out the space that \"%s\" ends with", sim_quote(text).s);
        return -1;
    }
    for (size_t i = 0; i < sizeof habits / sizeof habits[0]; i++)
        if (habits[i].dimension == dimension && strcmp(habits[i].wrong, unit) == 0) {
            snprintf(error->text, size, "\"%s\" is not a unit of %s: %s", unit, name,
                     habits[i].right);
            return -1;
        }
    int other = dimension_of(unit);
    if (other >= 0) {
        snprintf(error->text, size, "\"%s\" is %s, where %s is wanted, such as %s",
                 sim_quote(text).s, dimensions[other].name, name, dimensions[dimension].example);
        return -1;
    }
    if (dimension == SIM_DIM_COUNT || dimension == SIM_DIM_FRACTION ||
        dimension == SIM_DIM_NUMBER) {
        snprintf(error->text, size,
                 "\"%s\" is not understood after a number: %s%s%s is wanted, "
                 "such as %s",
                 sim_quote(unit).s, name, noun ? " of " : "", noun ? noun : "",
                 dimensions[dimension].example);
        return -1;
    }
    struct sim_nearest nearest = sim_nearest(unit);
    for (size_t i = 0; i < UNIT_COUNT; i++)
        if (units[i].dimension == dimension)
            sim_nearest_try(&nearest, units[i].text);
    if (nearest.best && nearest.distance > 1 && strlen(unit) < 3)
        nearest.best = NULL; /* of two letters, one changed letter makes another unit */
    snprintf(error->text, size, "\"%s\" is not a unit of %s, which is written such as %s%s",
             sim_quote(unit).s, name, dimensions[dimension].example, sim_nearest_hint(&nearest).s);
    return -1;
}

/* Removes " keys" or "key" from the end of a count's unit. The noun may be singular. */
static void strip_noun(char *unit, const char *noun)
{
    size_t n = strlen(unit), m = noun ? strlen(noun) : 0;
    if (m == 0)
        return;
    if (n < m || strcmp(unit + n - m, noun) != 0) {
        if (m < 2 || noun[m - 1] != 's' || n < m - 1 || strncmp(unit + n - (m - 1), noun, m - 1))
            return;
        m--;
    }
    if (n == m || unit[n - m - 1] == ' ')
        unit[n == m ? 0 : n - m - 1] = '\0';
}

static int too_large(const char *text, enum sim_dimension dimension, struct sim_error *error)
{
    const char *most = dimension == SIM_DIM_TIME ? " (the longest is 292 years)" : "";
    snprintf(error->text, sizeof error->text, "\"%s\" is too large for %s%s", sim_quote(text).s,
             dimensions[dimension].name, most);
    return -1;
}

/* Stores number x times, rounded to the nearest whole number, in amount->whole. */
static int to_whole(const char *text, const struct decimal *d, const struct unit *unit,
                    struct sim_amount *amount, struct sim_error *error)
{
    wide value = (wide)d->mantissa * unit->times, over = 1;
    bool ragged = d->cut;
    for (int e = d->exponent; e > 0 && value; e--) {
        if (value > INT64_MAX)
            return too_large(text, unit->dimension, error);
        value *= 10;
    }
    if (d->exponent < -38)
        ragged = ragged || value > 0, value = 0;
    else
        for (int e = d->exponent; e < 0; e++)
            over *= 10;
    ragged = ragged || value % over != 0;
    value = value / over + (value % over >= over - value % over ? 1 : 0);
    if (value > INT64_MAX)
        return too_large(text, unit->dimension, error);
    if (ragged && unit->dimension == SIM_DIM_COUNT) {
        snprintf(error->text, sizeof error->text, "\"%s\" is not whole, as a count must be",
                 sim_quote(text).s);
        return -1;
    }
    if (value == 0 && !d->zero) {
        bool time = unit->dimension == SIM_DIM_TIME;
        snprintf(error->text, sizeof error->text,
                 "\"%s\" is less than half a %s: nothing is \"0%s\"", sim_quote(text).s,
                 time ? "nanosecond" : "byte", time ? "s" : "B");
        return -1;
    }
    amount->whole = (int64_t)value;
    amount->value = (double)amount->whole;
    return 0;
}

static int to_double(const char *text, const struct decimal *d, const struct unit *unit,
                     struct sim_amount *amount, struct sim_error *error)
{
    double value = strtod(d->plain, NULL) * (double)unit->times / (double)unit->over;
    if (!isfinite(value))
        return too_large(text, unit->dimension, error);
    amount->value = value;
    return 0;
}

int sim_units_parse(const char *text, enum sim_dimension dimension, const char *noun,
                    struct sim_amount *amount, struct sim_error *error)
{
    struct decimal d;
    *amount = (struct sim_amount){0};
    if (strlen(text) >= TEXT_BYTES) {
        snprintf(error->text, sizeof error->text, "\"%s\" is too long for %s, such as %s",
                 sim_quote(text).s, dimensions[dimension].name, dimensions[dimension].example);
        return -1;
    }
    if (read_decimal(text, dimension, &d, error))
        return -1;
    char rest[TEXT_BYTES];
    strcpy(rest, text + d.length + (text[d.length] == ' ' && text[d.length + 1] != '\0'));
    if (dimension == SIM_DIM_COUNT)
        strip_noun(rest, noun);
    const struct unit *unit = unit_find(dimension, rest);
    if (!unit && *rest == '\0' && d.zero && !text[d.length] && dimension == SIM_DIM_TIME)
        return fail(error, "a duration needs a unit, even when it is nothing: \"0s\"");
    if (!unit)
        return wrong_unit(text, rest, dimension, noun, error);
    if (d.negative && !d.zero && dimension != SIM_DIM_NUMBER) {
        snprintf(error->text, sizeof error->text, "\"%s\" is negative, which %s cannot be",
                 sim_quote(text).s, dimensions[dimension].name);
        return -1;
    }
    if (dimension == SIM_DIM_TIME || dimension == SIM_DIM_BYTES || dimension == SIM_DIM_COUNT)
        return to_whole(text, &d, unit, amount, error);
    return to_double(text, &d, unit, amount, error);
}

int sim_units_guess(const char *text, struct sim_amount *amount)
{
    struct sim_error ignored;
    for (int dimension = 0; dimension < SIM_DIMENSIONS; dimension++)
        if (sim_units_parse(text, (enum sim_dimension)dimension, NULL, amount, &ignored) == 0)
            return dimension;
    return -1;
}

const char *sim_units_name(enum sim_dimension dimension)
{
    return dimensions[dimension].name;
}

const char *sim_units_example(enum sim_dimension dimension)
{
    return dimensions[dimension].example;
}

const char *sim_units_usual(enum sim_dimension dimension)
{
    return dimensions[dimension].usual;
}

const char *sim_units_text(enum sim_dimension dimension, size_t index)
{
    for (size_t i = 0; i < UNIT_COUNT; i++)
        if (units[i].dimension == dimension && index-- == 0)
            return units[i].text;
    return NULL;
}

/* `digits`: the most significant digits to write; 0: as many as are needed to read the same value
 * back. */
static struct sim_amount_text text_in(const struct unit *unit, double value, int digits)
{
    struct sim_amount_text out;
    char rounded[48];
    double scaled = value * (double)unit->over / (double)unit->times;
    if (digits > 0) {
        snprintf(rounded, sizeof rounded, "%.*e", digits - 1, scaled);
        scaled = strtod(rounded, NULL); /* in the locale that wrote it */
    }
    snprintf(out.s, sizeof out.s, "%s%s", sim_number_text(scaled).s, unit->text);
    return out;
}

/* How many significant digits the number at the start of a text has: 3 in "1.05min", 1 in
 * "600s". */
static int significant_digits(const char *text)
{
    int seen = 0, significant = 0;
    for (; is_digit(*text) || *text == '.' || *text == '-'; text++) {
        if (!is_digit(*text) || (seen == 0 && *text == '0'))
            continue;
        seen++;
        significant = *text == '0' ? significant : seen;
    }
    return significant;
}

static bool reads_back(const char *text, enum sim_dimension dimension, double value)
{
    struct sim_amount amount;
    struct sim_error ignored;
    return sim_units_parse(text, dimension, NULL, &amount, &ignored) == 0 &&
           !(amount.value < value) && !(amount.value > value);
}

/* The unit that a quantity is written in. NULL: it has no unit, or the text is not a quantity. */
static const struct unit *unit_of(const char *text, enum sim_dimension dimension)
{
    struct decimal d;
    struct sim_error ignored;
    if (!text || read_decimal(text, dimension, &d, &ignored))
        return NULL;
    return unit_find(dimension, text + d.length + (text[d.length] == ' '));
}

double sim_units_step(enum sim_dimension dimension, const char *like)
{
    const struct unit *u = unit_of(like, dimension);
    uint64_t times = u ? u->times : 1, over = u ? u->over : 1;
    while (times % 10 == 0)
        times /= 10;
    return times == 1 && over == 1 ? 1 : (double)u->times / (double)u->over;
}

struct sim_amount_text sim_units_format_like(enum sim_dimension dimension, double value,
                                             const char *low, const char *high)
{
    const struct unit *a = unit_of(low, dimension), *b = unit_of(high, dimension);
    const struct unit *u = b && value * (double)b->over >= (double)b->times ? b : a ? a : b;
    return u ? text_in(u, value, LIKE_DIGITS) : sim_units_format(dimension, value);
}

struct sim_amount_text sim_units_format(enum sim_dimension dimension, double value)
{
    const struct unit *usual = unit_find(dimension, dimensions[dimension].usual);
    if (dimension == SIM_DIM_COUNT || value <= 0)
        return text_in(usual, value, 0);
    struct sim_amount_text best = text_in(usual, value, 0);
    int fewest = INT_MAX;
    for (size_t i = UNIT_COUNT; i-- > 0;) {
        const struct unit *u = &units[i];
        if (u->dimension != dimension || u->alias || strcmp(u->text, "%") == 0)
            continue;
        struct sim_amount_text here = text_in(u, value, DIGITS_MOST);
        if (!reads_back(here.s, dimension, value))
            here = text_in(u, value, 0);
        if (!reads_back(here.s, dimension, value))
            continue;
        int digits = significant_digits(here.s);
        if (value * (double)u->over < (double)u->times)
            digits += TEXT_BYTES; /* only used when the value is below 1 in every unit */
        else if (digits <= DIGITS_MOST)
            return here;
        if (digits < fewest) {
            fewest = digits;
            best = here;
        }
    }
    return best;
}
