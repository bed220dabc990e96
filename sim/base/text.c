/* text.c - quoting, the nearest word, numbers as text, growing buffers. */
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { QUOTE_BYTES = 60, WORD_BYTES = 64 };

/* ---- what may not be shown ------------------------------------------------------------------- */

/* The character at `s`; *bytes is its length. A byte that is not the start of a UTF-8 character
 * gives U+FFFD. */
static uint32_t code_at(const char *s, size_t *bytes)
{
    const unsigned char *u = (const unsigned char *)s;
    size_t n = u[0] < 0x80 ? 1 : u[0] >= 0xF0 ? 4 : u[0] >= 0xE0 ? 3 : 2;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t code = n == 1 ? u[0] : u[0] & (0x7Fu >> n);
    *bytes = 1;
    if (u[0] >= 0xF8 || (u[0] >= 0x80 && u[0] < 0xC0))
        return 0xFFFD;
    for (size_t i = 1; i < n; i++) {
        if ((u[i] & 0xC0) != 0x80) /* also at the end of the text */
            return 0xFFFD;
        code = code << 6 | (u[i] & 0x3F);
    }
    if (code < least[n] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        return 0xFFFD;
    *bytes = n;
    return code;
}

struct sim_text_char sim_text_char(const char *s)
{
    size_t bytes = 1;
    uint32_t c = (unsigned char)*s < 0x80 ? (unsigned char)*s : code_at(s, &bytes);
    bool control = (c < 0x20 && c != 0) || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029;
    bool direction = c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
                     (c >= 0x2066 && c <= 0x2069);
    bool broken = (c == 0xFFFD && bytes == 1) || c == 0xFFFE || c == 0xFFFF;
    return (struct sim_text_char){
        .code = c, .bytes = (unsigned)bytes, .fit = !control && !direction && !broken};
}

void sim_text_clean(char *text, bool lines)
{
    char *to = text;
    for (const char *from = text; *from;) {
        struct sim_text_char c = sim_text_char(from);
        if (c.fit || (lines && c.code == '\n')) {
            memmove(to, from, c.bytes);
            to += c.bytes;
        } else {
            *to++ = c.code == '\n' || c.code == '\t' ? ' ' : '?';
        }
        from += c.bytes;
    }
    *to = '\0';
}

void sim_tell_list(FILE *out, const char *format, va_list arguments)
{
    char small[512], *text = small;
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(small, sizeof small, format, arguments);
    if (length >= (int)sizeof small) {
        text = malloc((size_t)length + 1);
        if (text)
            vsnprintf(text, (size_t)length + 1, format, again);
        else
            text = small; /* out of memory: print the beginning only */
    }
    va_end(again);
    if (length > 0) {
        sim_text_clean(text, true);
        fputs(text, out);
    }
    if (text != small)
        free(text);
}

void sim_tell(FILE *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    sim_tell_list(out, format, arguments);
    va_end(arguments);
}

struct sim_quoted sim_quote(const char *text)
{
    struct sim_quoted out;
    size_t length = strlen(text), n = length;
    if (n > QUOTE_BYTES) {
        n = QUOTE_BYTES;
        while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80)
            n--;
    }
    memcpy(out.s, text, n);
    out.s[n] = '\0';
    sim_text_clean(out.s, false);
    if (n < length)
        strcat(out.s, "\xE2\x80\xA6");
    return out;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Damerau-Levenshtein distance (optimal string alignment), in units of half a mistake: a letter in
 * the wrong case costs 1, any other mistake 2. O(m n). */
static size_t distance(const char *a, size_t m, const char *b, size_t n)
{
    size_t rows[3][WORD_BYTES + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= n; j++)
        above[j] = 2 * j;
    for (size_t i = 1; i <= m; i++) {
        row[0] = 2 * i;
        for (size_t j = 1; j <= n; j++) {
            size_t change = 2;
            if (lower(a[i - 1]) == lower(b[j - 1]))
                change = a[i - 1] == b[j - 1] ? 0 : 1;
            row[j] = least(above[j - 1] + change, least(above[j], row[j - 1]) + 2);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 2);
        }
        size_t *spare = before;
        before = above;
        above = row;
        row = spare;
    }
    return above[n];
}

struct sim_nearest sim_nearest(const char *word)
{
    return (struct sim_nearest){.word = word, .best = NULL, .distance = SIZE_MAX};
}

void sim_nearest_try(struct sim_nearest *nearest, const char *candidate)
{
    size_t m = strlen(nearest->word), n = strlen(candidate);
    if (m == 0 || n == 0 || m > WORD_BYTES || n > WORD_BYTES)
        return;
    size_t most = m <= 2 ? 2 : m <= 4 ? 3 : m <= 6 ? 4 : m <= 9 ? 5 : 6;
    size_t d = distance(nearest->word, m, candidate, n);
    size_t shorter = least(m, n);
    if (d > most && shorter >= 3 && strncmp(nearest->word, candidate, shorter) == 0)
        d = most;
    if (d <= most && d < nearest->distance && d < 2 * least(m, n) + (m == n)) {
        nearest->best = candidate;
        nearest->distance = d;
    }
}

struct sim_hint sim_nearest_hint(const struct sim_nearest *nearest)
{
    struct sim_hint hint = {""};
    if (nearest->best)
        snprintf(hint.s, sizeof hint.s, " (did you mean \"%s\"?)", sim_quote(nearest->best).s);
    return hint;
}

/* Replaces the locale's decimal point, which may be several bytes, by a '.'. */
static void repair_point(char *text)
{
    char *from = text;
    while (*from == '-' || (*from >= '0' && *from <= '9'))
        from++;
    if (*from == '\0' || *from == 'e')
        return;
    char *rest = from;
    while (*rest && *rest != 'e' && !(*rest >= '0' && *rest <= '9'))
        rest++;
    *from = '.';
    memmove(from + 1, rest, strlen(rest) + 1);
}

struct sim_unit_text sim_unit_text(const char *unit, bool one)
{
    struct sim_unit_text out;
    size_t n = strcspn(unit, "/ "); /* the first word names what is counted */
    snprintf(out.s, sizeof out.s, "%s", unit);
    if (!one || n < 4 || n >= sizeof out.s || unit[n - 1] != 's' || unit[n - 2] == 's')
        return out;
    if (memcmp(unit + n - 3, "ies", 3) == 0)
        snprintf(out.s, sizeof out.s, "%.*sy%s", (int)(n - 3), unit, unit + n);
    else if (n > 4 &&
             (memcmp(unit + n - 4, "sses", 4) == 0 || memcmp(unit + n - 4, "ches", 4) == 0))
        snprintf(out.s, sizeof out.s, "%.*s%s", (int)(n - 2), unit, unit + n);
    else
        snprintf(out.s, sizeof out.s, "%.*s%s", (int)(n - 1), unit, unit + n);
    return out;
}

struct sim_number_text sim_number_text(double value)
{
    struct sim_number_text out;
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(out.s, sizeof out.s, "%.*g", digits, value);
        double back = strtod(out.s, NULL); /* in the locale that wrote it */
        if (!(back < value) && !(back > value))
            break;
    }
    repair_point(out.s);
    const char *e = strchr(out.s, 'e');
    if (e && value < 1e17 && value > -1e17 && (value >= 1 || value <= -1))
        snprintf(out.s, sizeof out.s, "%.0f", value); /* 100000, not 1e+05 */
    return out;
}

static bool buffer_reserve(struct sim_buffer *buffer, size_t more)
{
    if (buffer->failed)
        return false;
    if (buffer->capacity - buffer->length > more)
        return true;
    size_t capacity = buffer->capacity ? buffer->capacity : 128;
    while (capacity - buffer->length <= more) {
        if (capacity > SIZE_MAX / 4)
            break;
        capacity *= 2;
    }
    bool asked = !buffer->allow || buffer->allow(buffer->allow_self, capacity);
    char *text = asked ? realloc(buffer->text, capacity) : NULL;
    if (!text) {
        buffer->failed = true;
        return false;
    }
    buffer->text = text;
    buffer->capacity = capacity;
    return true;
}

void sim_buffer_add(struct sim_buffer *buffer, const char *text, size_t length)
{
    if (!buffer_reserve(buffer, length))
        return;
    memcpy(buffer->text + buffer->length, text, length);
    buffer->length += length;
    buffer->text[buffer->length] = '\0';
}

void sim_buffer_puts(struct sim_buffer *buffer, const char *text)
{
    sim_buffer_add(buffer, text, strlen(text));
}

void sim_buffer_printf(struct sim_buffer *buffer, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int length = vsnprintf(NULL, 0, format, list);
    va_end(list);
    if (length < 0 || !buffer_reserve(buffer, (size_t)length))
        return;
    va_start(list, format);
    vsnprintf(buffer->text + buffer->length, (size_t)length + 1, format, list);
    va_end(list);
    buffer->length += (size_t)length;
}

char *sim_buffer_take(struct sim_buffer *buffer)
{
    if (!buffer->text)
        sim_buffer_add(buffer, "", 0);
    char *text = buffer->text;
    if (buffer->failed) {
        free(text);
        text = NULL;
    }
    buffer->text = NULL;
    buffer->length = buffer->capacity = 0;
    return text;
}

void sim_buffer_free(struct sim_buffer *buffer)
{
    free(buffer->text);
    buffer->text = NULL;
    buffer->length = buffer->capacity = 0;
}
