/* number.h - numbers in results: for machines to nine digits, for people in units that suit. */
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

/* A text as a field of CSV, quoted where it has to be (RFC 4180). Returns its bytes; without a file
 * (NULL) it only counts them. */
size_t sim_number_field(FILE *, const char *text);

/* A unit that suits a value: multiply by .factor and say .unit. `unit` is the base unit of a
 * metric: "s" becomes ns, us, ms, s, min or h, "B" and "B/s" binary multiples, "1" nothing; others
 * stay. The text lives as long as `unit`. */
struct sim_scale {
    double factor;
    const char *unit;
};
struct sim_scale sim_number_scale(const char *unit, double value);
/* True for units with a family of their own (s, B, B/s), which differ from value to value. */
bool sim_number_has_family(const char *unit);

/* For people: three significant digits ("12.3 ms", "2.01 k requests/s", "-" for NAN); with a half
 * width in the same unit ("12.34 ±0.40 ms"), without when it is NAN or below 1e-5 of the value.
 * However large a number is, its text is short: it is a power of ten from 10^12 of the greatest
 * unit on, and a time is "more than a million years". */
struct sim_number sim_number_human(double value, const char *unit);
struct sim_number sim_number_with(double value, double half, const char *unit);
/* Money: with cents, or three significant digits below a dollar ("$12.34 ±0.40"). */
struct sim_number sim_number_dollars(double value, double half);
/* With an interval, NAN for none: as above while the value stands in its middle, and with both
 * halves where it does not, as those of shares near 0 or 1 ("0.9990 -0.0013 +0.0005"). */
struct sim_number sim_number_within(double value, double low, double high, const char *unit);

/* An interval in words, all in the unit that suits the value: "12.3 ms (10.1 to 14.5)"; without one
 * when `low` is NAN. */
struct sim_span_text {
    char s[120];
};
struct sim_span_text sim_number_span(double value, double low, double high, const char *unit);

#endif
