/* units.h - quantities in text: "1.5s", "10k/s", "2GiB", "1Gbit/s", "25%", "100k keys".
 *
 * All units are rows of one table; a new dimension is a few more rows. Decimal numbers are read
 * exactly and in any locale: whole numbers up to 2^63 - 1, others to the nearest double. */
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
    int64_t whole; /* for times, bytes and counts the same as an exact whole number; else 0 */
};

/* Reads `text`, all of it. `noun` is a word that may follow a count ("keys"), or NULL. 0, or -1
 * with the reason and a correct example in *error. Durations are rounded to the nearest ns and
 * sizes to the nearest byte; a value that would round to 0 is an error. */
int sim_units_parse(const char *text, enum sim_dimension, const char *noun, struct sim_amount *,
                    struct sim_error *);

/* The dimension of a text: the first one, in the order of the enum, as which it can be read. -1
 * when there is none. */
int sim_units_guess(const char *text, struct sim_amount *);

/* "a duration", "a rate" …; and an example such as "60s", in JSON. */
const char *sim_units_name(enum sim_dimension);
const char *sim_units_example(enum sim_dimension);

/* The unit that a bare number was most likely meant in: "s", "/s", "B", "B/s" or "". */
const char *sim_units_usual(enum sim_dimension);

/* The texts of a dimension's units, in order from `index` 0, or NULL past the last. */
const char *sim_units_text(enum sim_dimension, size_t index);

/* A value in base units as text that reads back as exactly this value. The unit is the largest in
 * which the value is at least 1 and has at most six significant digits: "1.5min", but "100s". If
 * there is none, it is the unit with the fewest digits. O(units). */
struct sim_amount_text {
    char s[48];
};
struct sim_amount_text sim_units_format(enum sim_dimension, double value);
/* A quantity of a range, in the units of the range's ends: the high end's unit if the value is at
 * least 1 of it, else the low end's unit. Twelve digits. If the ends have no unit, as
 * sim_units_format(). */
struct sim_amount_text sim_units_format_like(enum sim_dimension, double value, const char *low,
                                             const char *high);
/* The factor, in base units, to round by so that a quantity is round in its own unit: 1 where the
 * unit is a power of ten of the base unit, such as ms and MB. */
double sim_units_step(enum sim_dimension, const char *like);

#endif
