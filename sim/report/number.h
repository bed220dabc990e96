/* number.h - numbers in results: for machines with nine digits, for people in suitable units. */
#ifndef SIM_REPORT_NUMBER_H
#define SIM_REPORT_NUMBER_H

#include <stdbool.h>
#include <stdio.h>

/* For JSON and CSV: whole numbers below 2^53 in full, others to nine significant digits, '.' in any
 * locale. NAN and infinities: "null", and nothing in CSV. */
struct sim_number {
    char s[64];
};
struct sim_number sim_number_json(double value);
struct sim_number sim_number_csv(double value);

/* Writes a text as a CSV field, quoted if necessary (RFC 4180). Returns the number of bytes;
 * without a file (NULL) it only counts. */
size_t sim_number_field(FILE *, const char *text);

/* A suitable unit for a value: multiply by .factor and write .unit. `unit` is the base unit of a
 * metric: "s" becomes ns, us, ms, s, min or h, "B" and "B/s" binary multiples, "1" nothing; others
 * stay. The text lives as long as `unit`. */
struct sim_scale {
    double factor;
    const char *unit;
};
struct sim_scale sim_number_scale(const char *unit, double value);
/* True for units with a family (s, B, B/s), so that the unit depends on the value. */
bool sim_number_has_family(const char *unit);

/* For people: three significant digits ("12.3 ms", "2.01 k requests/s", "-" for NAN); with a half
 * width in the same unit ("12.34 ±0.40 ms"), without when it is NAN or below 1e-5 of the value.
 * Large numbers have short texts: powers of ten from 10^12 of the largest unit on; a long time is
 * "more than a million years". */
struct sim_number sim_number_human(double value, const char *unit);
struct sim_number sim_number_with(double value, double half, const char *unit);
/* Money: with cents, or three significant digits below a dollar ("$12.34 ±0.40"). */
struct sim_number sim_number_dollars(double value, double half);
/* With an interval (NAN: none). If the value is in the middle, as sim_number_human(); else with
 * both halves, as for shares near 0 or 1 ("0.9990 -0.0013 +0.0005"). */
struct sim_number sim_number_within(double value, double low, double high, const char *unit);

/* An interval as text in a unit that suits the value: "12.3 ms (10.1 to 14.5)"; without one when
 * `low` is NAN. */
struct sim_span_text {
    char s[120];
};
struct sim_span_text sim_number_span(double value, double low, double high, const char *unit);

#endif
