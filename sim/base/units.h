/* units.h - quantities in text: "1.5s", "10k/s", "2GiB", "1Gbit/s", "25%", "100k keys".
 *
 * One table of rows has every unit; a new dimension is some rows more. Decimal numbers are read
 * exactly and in any locale: whole ones to 2^63 - 1, others to the nearest double. */
#ifndef SIM_BASE_UNITS_H
#define SIM_BASE_UNITS_H

#include "sim/types.h"

enum sim_dimension {
    SIM_DIM_TIME,      /* base unit ns */
    SIM_DIM_RATE,      /* per second */
    SIM_DIM_BYTES,     /* bytes */
    SIM_DIM_BANDWIDTH, /* bytes per second */
    SIM_DIM_FRACTION,  /* 1; "25%" is 0.25 */
    SIM_DIM_COUNT,     /* 1, whole */
    SIM_DIM_NUMBER,    /* 1 */
    SIM_DIMENSIONS
};

struct sim_amount {
    double value;  /* in base units */
    int64_t whole; /* times, bytes and counts: the same, exactly, rounded to a whole one; else 0 */
};

/* Reads the whole of `text`. `noun` is what a count may be followed by ("keys"), or NULL.
 * 0, or -1 with the reason and what would be right in *error. Durations are rounded to the
 * nearest ns and sizes to the nearest byte, but never to nothing. */
int sim_units_parse(const char *text, enum sim_dimension, const char *noun, struct sim_amount *,
                    struct sim_error *);

/* The dimension a text is of: the first that reads it, tried in the order of the enum. -1 when
 * none does. */
int sim_units_guess(const char *text, struct sim_amount *);

/* "a duration", "a rate" …; and an example such as "60s", in JSON. */
const char *sim_units_name(enum sim_dimension);
const char *sim_units_example(enum sim_dimension);

/* The unit that a bare number was most likely meant in: "s", "/s", "B", "B/s" or "". */
const char *sim_units_usual(enum sim_dimension);

/* The texts of a dimension's units, in order from `index` 0, or NULL past the last. */
const char *sim_units_text(enum sim_dimension, size_t index);

/* A value in base units as text that reads back as exactly this value: in the greatest unit in
 * which it is at least 1 and has at most six significant digits, "1.5min" but "100s"; if there is
 * none, in the one in which it has the fewest. O(units). */
struct sim_amount_text {
    char s[48];
};
struct sim_amount_text sim_units_format(enum sim_dimension, double value);
/* A quantity in the units of the range it is of: in that of the high end from 1 of it on, below in
 * that of the low end; to twelve digits. Ends without a unit: as sim_units_format(). */
struct sim_amount_text sim_units_format_like(enum sim_dimension, double value, const char *low,
                                             const char *high);
/* What round numbers of a quantity's unit are multiples of, in base units: 1 where the unit is a
 * power of ten of them, as are ms and MB. */
double sim_units_step(enum sim_dimension, const char *like);

#endif
