/* json_stream.h - a streaming JSON writer: it keeps nothing but the depth. */
#ifndef SIM_REPORT_JSON_STREAM_H
#define SIM_REPORT_JSON_STREAM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { SIM_JSON_DEPTH = 16 };

/* Two spaces of indent a level; an object or array opened `compact` is on one line. The caller
 * checks the stream for errors (ferror). */
struct sim_json {
    FILE *out;
    unsigned depth;
    unsigned compact;          /* from this depth on, everything is on one line; 0: none */
    bool some[SIM_JSON_DEPTH]; /* the open object or array has a member already */
};

void sim_json_begin(struct sim_json *, FILE *out); /* the caller keeps the stream */
/* writes a line end; everything must be closed */
void sim_json_end(struct sim_json *);

/* A key is given for members of objects, NULL for elements of arrays and the document. */
void sim_json_open(struct sim_json *, const char *key, char bracket, bool compact); /* '{', '[' */
void sim_json_close(struct sim_json *, char bracket);                               /* '}', ']' */
/* NULL: null */
void sim_json_text(struct sim_json *, const char *key, const char *value);
void sim_json_number(struct sim_json *, const char *key, double value); /* NAN, inf: null */
/* Writes all digits: for times that may differ by a nanosecond. */
void sim_json_exact(struct sim_json *, const char *key, double value);
void sim_json_count(struct sim_json *, const char *key, uint64_t value);
/* Writes a time in ns as us, with all digits. */
void sim_json_us(struct sim_json *, const char *key, int64_t ns);
void sim_json_bool(struct sim_json *, const char *key, bool value);

#endif
