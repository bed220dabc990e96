/* json_stream.h - a JSON writer that streams: what is written is gone, nothing is held but the
 * depth. */
#ifndef SIM_REPORT_JSON_STREAM_H
#define SIM_REPORT_JSON_STREAM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { SIM_JSON_DEPTH = 16 };

/* Two spaces of indent a level; an object or array opened `compact` stands on one line. Errors of
 * the stream are the caller's to look for (ferror). */
struct sim_json {
    FILE *out;
    unsigned depth;
    unsigned compact;          /* the depth from which on it is one line; 0: none */
    bool some[SIM_JSON_DEPTH]; /* something already stands in the open object or array */
};

void sim_json_begin(struct sim_json *, FILE *out); /* the stream stays the caller's */
void sim_json_end(struct sim_json *);              /* a line end; all must be closed */

/* A key is given for members of objects, NULL for elements of arrays and the document. */
void sim_json_open(struct sim_json *, const char *key, char bracket, bool compact); /* '{', '[' */
void sim_json_close(struct sim_json *, char bracket);                               /* '}', ']' */
void sim_json_text(struct sim_json *, const char *key, const char *value);          /* NULL: null */
void sim_json_number(struct sim_json *, const char *key, double value); /* NAN, inf: null */
/* With all its digits: for times that may lie a nanosecond apart. */
void sim_json_exact(struct sim_json *, const char *key, double value);
void sim_json_count(struct sim_json *, const char *key, uint64_t value);
/* A time of ns as us, all digits of it. */
void sim_json_us(struct sim_json *, const char *key, int64_t ns);
void sim_json_bool(struct sim_json *, const char *key, bool value);

#endif
