/* text.h - small helpers for text: quoting in messages, the nearest word, growing buffers. */
#ifndef SIM_BASE_TEXT_H
#define SIM_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The first character of a text, and whether it may be shown to people. Not shown are control
 * characters (line breaks, tabs and U+0080 to U+009F included), line and paragraph separators,
 * marks that change the direction of writing, and bytes that are not UTF-8, which give U+FFFD. The
 * end of the text may be shown and has a length of one byte. */
struct sim_text_char {
    uint32_t code;
    unsigned bytes;
    bool fit;
};
struct sim_text_char sim_text_char(const char *);

/* Cleans a text in place: each character that may not be shown becomes '?'; line breaks and tabs
 * become spaces. If `lines`, line breaks stay. */
void sim_text_clean(char *text, bool lines);

/* fprintf() for people: replaces characters that may not be shown; line breaks stay. Every text
 * that goes to a terminal and may contain a user's text is printed by it. */
void sim_tell(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sim_tell_list(FILE *out, const char *format, va_list) __attribute__((format(printf, 2, 0)));

/* A user's text for one line of a message: cleaned as by sim_text_clean(). A text longer than 60
 * bytes is cut between characters and ends in an ellipsis. */
struct sim_quoted {
    char s[72];
};
struct sim_quoted sim_quote(const char *text);

/* Finds the word that somebody probably meant. Try every candidate, then read `best`: NULL when
 * none is close enough to suggest. A wrong case counts less than a wrong letter, two transposed
 * neighbours count as one mistake, and a prefix of at least three letters is close to the whole
 * word. */
struct sim_nearest {
    const char *word, *best;
    size_t distance; /* of the best */
};
struct sim_nearest sim_nearest(const char *word);
void sim_nearest_try(struct sim_nearest *, const char *candidate);

/* ` (did you mean "best"?)`, or nothing. */
struct sim_hint {
    char s[96];
};
struct sim_hint sim_nearest_hint(const struct sim_nearest *);

/* A unit as written after a number: "requests/s", or after 1 "request/s". */
struct sim_unit_text {
    char s[64];
};
struct sim_unit_text sim_unit_text(const char *unit, bool one);

/* The shortest decimal text that reads back as exactly this value; always with a '.' as the
 * decimal point, whatever the locale. `value` is finite. */
struct sim_number_text {
    char s[32];
};
struct sim_number_text sim_number_text(double value);

/* A text that grows. All zero is empty. `failed` is set when memory runs out, and stays set. */
struct sim_buffer {
    char *text; /* malloc'd and ended by a NUL; NULL while empty */
    size_t length, capacity;
    bool failed;
    bool (*allow)(void *self, size_t bytes); /* as in struct sim_arena */
    void *allow_self;
};
void sim_buffer_add(struct sim_buffer *, const char *text, size_t length);
void sim_buffer_puts(struct sim_buffer *, const char *text);
void sim_buffer_printf(struct sim_buffer *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Takes the text out of the buffer, which is then empty. It is malloc'd and the caller frees it.
 * NULL when memory ran out. */
char *sim_buffer_take(struct sim_buffer *);
void sim_buffer_free(struct sim_buffer *);

#endif
