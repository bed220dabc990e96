/* text.h - small helpers for text: quoting in messages, the nearest word, growing buffers. */
#ifndef SIM_BASE_TEXT_H
#define SIM_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The character at the beginning of a text, and whether people can be shown it: no control
 * character (line breaks, tabs and U+0080 to U+009F are some), no line or paragraph separator, no
 * mark that turns the direction of writing, and UTF-8. A byte that is none is U+FFFD. The end of a
 * text is fit, and a byte long. */
struct sim_text_char {
    uint32_t code;
    unsigned bytes;
    bool fit;
};
struct sim_text_char sim_text_char(const char *);

/* Makes a text fit for people, in place: each character that cannot be shown becomes '?', line
 * breaks and tabs a space; line breaks stay when `lines`. */
void sim_text_clean(char *text, bool lines);

/* Prints for people: as fprintf(), with what must not be shown replaced; line breaks stay. All that
 * goes to a terminal and may hold a user's text goes through here. */
void sim_tell(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sim_tell_list(FILE *out, const char *format, va_list) __attribute__((format(printf, 2, 0)));

/* A user's text made fit for one line of a message: cleaned as by sim_text_clean(), and what is
 * longer than 60 bytes is cut, at a character, and ends in an ellipsis. */
struct sim_quoted {
    char s[72];
};
struct sim_quoted sim_quote(const char *text);

/* Which of several words somebody may have meant. Try every candidate, then read `best`: NULL when
 * none is near enough to be worth a suggestion. Case counts for less than letters, transposed
 * neighbours are one mistake, a beginning of at least three letters is near to its whole. */
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

/* A unit as it stands behind a number: "requests/s", and for one "request/s". */
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

/* A text that grows. All zero is empty; `failed` is set when memory ran out, and stays. */
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
/* The text, malloc'd, now the caller's; NULL when memory ran out. The buffer is empty again. */
char *sim_buffer_take(struct sim_buffer *);
void sim_buffer_free(struct sim_buffer *);

#endif
