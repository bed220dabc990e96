/* number.c - numbers in results. */
#include "report/number.h"

#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LONG_FROM 1e12           /* numbers from here on are written as powers of ten */
#define MILLION_YEARS 3.15576e13 /* s */

static void point(char *s)
{
    for (; *s; s++) {
        if (*s == ',')
            *s = '.';
    }
}

/* As printf() has it, which takes ten times as long: most numbers of a series are whole. */
static void put_whole(struct sim_number *n, int64_t value)
{
    char digits[24];
    size_t count = 0, at = 0;
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do {
        digits[count++] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (value < 0)
        n->s[at++] = '-';
    while (count > 0)
        n->s[at++] = digits[--count];
    n->s[at] = '\0';
}

struct sim_number sim_number_csv(double value)
{
    struct sim_number n;
    n.s[0] = '\0';
    if (!isfinite(value))
        return n;
    if (value == floor(value) && fabs(value) < 0x1p53) {
        put_whole(&n, (int64_t)value);
        return n;
    }
    snprintf(n.s, sizeof n.s, "%.9g", value);
    point(n.s);
    return n;
}

struct sim_number sim_number_json(double value)
{
    return isfinite(value) ? sim_number_csv(value) : (struct sim_number){"null"};
}

size_t sim_number_field(FILE *out, const char *text)
{
    bool quoted = strpbrk(text, ",\"\r\n") != NULL;
    size_t bytes = strlen(text) + (quoted ? 2 : 0);
    for (const char *c = text; *c; c++)
        bytes += *c == '"';
    if (out && !quoted)
        fputs(text, out);
    if (!out || !quoted)
        return bytes;
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
    return bytes;
}

/* Units of a family, ascending. `unit` is used for values of at least `from` base units. */
struct step {
    double from, factor;
    const char *unit;
};

static struct sim_scale choose(const struct step *steps, int count, double value)
{
    int i = count - 1;
    while (i > 0 && fabs(value) < steps[i].from)
        i--;
    return (struct sim_scale){steps[i].factor, steps[i].unit};
}

struct sim_scale sim_number_scale(const char *unit, double value)
{
    static const struct step times[] = {
        {0, 1e9, "ns"},   {0.9995e-6, 1e6, "µs"}, {0.9995e-3, 1e3, "ms"},
        {0.9995, 1, "s"}, {300, 1 / 60.0, "min"}, {18000, 1 / 3600.0, "h"},
    };
    static const struct step bytes[] = {
        {0, 1, "B"},
        {1024, 0x1p-10, "KiB"},
        {0x1p20, 0x1p-20, "MiB"},
        {0x1p30, 0x1p-30, "GiB"},
        {0x1p40, 0x1p-40, "TiB"},
    };
    static const struct step flows[] = {
        {0, 1, "B/s"},
        {1024, 0x1p-10, "KiB/s"},
        {0x1p20, 0x1p-20, "MiB/s"},
        {0x1p30, 0x1p-30, "GiB/s"},
    };
    if (strcmp(unit, "s") == 0)
        return value == 0 ? (struct sim_scale){1, "s"} : choose(times, 6, value);
    if (strcmp(unit, "B") == 0)
        return choose(bytes, 5, value);
    if (strcmp(unit, "B/s") == 0)
        return choose(flows, 4, value);
    return (struct sim_scale){1, strcmp(unit, "1") == 0 ? "" : unit};
}

bool sim_number_has_family(const char *unit)
{
    return strcmp(unit, "s") == 0 || strcmp(unit, "B") == 0 || strcmp(unit, "B/s") == 0;
}

/* The number of digits after the point for three significant digits of `value`. */
static int decimals(double value)
{
    double v = fabs(value);
    if (v == 0 || v >= 99.95)
        return 0;
    int digits = v >= 9.995 ? 1 : v >= 0.9995 ? 2 : 3;
    for (double edge = 0.09995; v < edge && digits < 9; edge /= 10)
        digits++;
    return digits;
}

/* The prefix (k, M) for units without a family. */
static const char *prefix(const char *family, double value, double *factor)
{
    static const struct step plain[] = {
        {0, 1, ""},
        {9995, 1e-3, "k"},
        {0.9995e6, 1e-6, "M"},
        {0.9995e9, 1e-9, "G"},
        {0.9995e12, 1e-12, "T"},
    };
    *factor = 1;
    if (sim_number_has_family(family))
        return "";
    struct sim_scale scale = choose(plain, 5, value);
    *factor = scale.factor;
    return scale.unit;
}

/* Writes `digits` digits after the point, or a power of ten when there are too many before it. */
static struct sim_number fixed(double value, int digits)
{
    struct sim_number n;
    if (fabs(value) < LONG_FROM)
        snprintf(n.s, sizeof n.s, "%.*f", digits, value);
    else
        snprintf(n.s, sizeof n.s, "%.3g", value);
    return n;
}

/* Writes "±half", or "-below +above" if the two differ. */
static const char *around_of(char *text, size_t room, int digits, double below, double above)
{
    if (below == above)
        snprintf(text, room, "±%.14s", fixed(above, digits).s);
    else
        snprintf(text, room, "-%.14s +%.14s", fixed(below, digits).s, fixed(above, digits).s);
    return text;
}

/* Writes a value with its interval; NAN, NAN: without one. */
static struct sim_number with(double value, double below, double above, const char *unit)
{
    struct sim_number n = {"-"};
    if (!isfinite(value))
        return n;
    if (strcmp(unit, "s") == 0 && value > MILLION_YEARS)
        return (struct sim_number){"more than a million years"};
    struct sim_scale scale = sim_number_scale(unit, value);
    double factor;
    const char *big = prefix(unit, value, &factor);
    double shown = value * scale.factor * factor, half = fmax(below, above);
    double around = half * scale.factor * factor;
    char text[40];
    int digits = decimals(shown);
    if (around > 0 && around < fabs(shown) * 1e-5) /* too small to show, or only rounding */
        half = NAN;
    if (shown == floor(shown) && fabs(shown) < 1e4 && !(around > 0))
        digits = 0;
    const char *space = *big || *scale.unit ? " " : "";
    const char *between = *big && *scale.unit ? " " : "";
    if (shown != 0 && fabs(shown) < 0.0005 && isfinite(half)) {
        snprintf(n.s, sizeof n.s, "%.2g ±%.1g%s%.12s", shown, around, space, scale.unit);
    } else if (isfinite(half)) {
        int finer = around > 0 && decimals(around) > 1 ? decimals(around) - 1 : 0;
        digits = finer > digits && finer <= digits + 4 ? finer : digits;
        around_of(text, sizeof text, digits, below * scale.factor * factor,
                  above * scale.factor * factor);
        snprintf(n.s, sizeof n.s, "%.14s %.32s%s%s%s%.12s", fixed(shown, digits).s, text, space,
                 big, between, scale.unit);
    } else {
        bool one = digits == 0 && shown == 1 && !*big;
        snprintf(n.s, sizeof n.s, "%.18s%s%s%s%.12s", fixed(shown, digits).s, space, big, between,
                 sim_unit_text(scale.unit, one).s);
    }
    return n;
}

struct sim_number sim_number_with(double value, double half, const char *unit)
{
    return with(value, half, half, unit);
}

struct sim_number sim_number_dollars(double value, double half)
{
    struct sim_number n = {"-"};
    int digits = 2;
    for (double v = fabs(value); v > 0 && v < 0.9995 && digits < 9; v *= 10)
        digits++;
    if (!isnan(value) && half > 1e-5 * fabs(value))
        snprintf(n.s, sizeof n.s, "$%.18s ±%.18s", fixed(value, digits).s, fixed(half, digits).s);
    else if (!isnan(value))
        snprintf(n.s, sizeof n.s, "$%.18s", fixed(value, digits).s);
    return n;
}

struct sim_number sim_number_human(double value, const char *unit)
{
    return sim_number_with(value, NAN, unit);
}

struct sim_number sim_number_within(double value, double low, double high, const char *unit)
{
    double below = value - low, above = high - value, wide = fmax(below, above);
    if (!(wide > 0) || (value != 0 && wide < fabs(value) * 1e-5))
        return sim_number_human(value, unit);
    if (fabs(below - above) <= 0.1 * wide)
        return sim_number_with(value, wide, unit);
    if (strcmp(unit, "1") != 0)
        return with(value, below, above, unit);
    struct sim_number n = {""};
    int finer = decimals(wide) > 1 ? decimals(wide) - 1 : 1;
    int digits = decimals(value) > finer ? decimals(value) : finer;
    if (value == 0) {
        snprintf(n.s, sizeof n.s, "0 +%.2g", above);
        return n;
    }
    size_t used = (size_t)snprintf(n.s, sizeof n.s, "%.*f", digits, value);
    double least = pow(10, -digits) / 2;
    if (below >= least && used < sizeof n.s)
        used += (size_t)snprintf(n.s + used, sizeof n.s - used, " -%.*f", digits, below);
    if (above >= least && used < sizeof n.s)
        snprintf(n.s + used, sizeof n.s - used, " +%.*f", digits, above);
    return n;
}

struct sim_span_text sim_number_span(double value, double low, double high, const char *unit)
{
    struct sim_span_text text;
    struct sim_scale scale = sim_number_scale(unit, value);
    double factor, half = fmax(value - low, high - value);
    const char *big = prefix(unit, value, &factor);
    factor *= scale.factor;
    if (!(half > 0)) {
        snprintf(text.s, sizeof text.s, "%s", sim_number_human(value, unit).s);
        return text;
    }
    int digits = decimals(value * factor), finer = decimals(half * factor);
    finer = finer > 1 ? finer - 1 : finer; /* show two digits of the half width */
    digits = finer > digits || digits > finer + 2 ? finer : digits;
    const char *space = *big || *scale.unit ? " " : "";
    const char *between = *big && *scale.unit ? " " : "";
    snprintf(text.s, sizeof text.s, "%.18s%s%s%s%.24s (%.18s to %.18s)",
             fixed(value * factor, digits).s, space, big, between, scale.unit,
             fixed(low * factor, digits).s, fixed(high * factor, digits).s);
    return text;
}
