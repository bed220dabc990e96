/* locate.c - a strict JSON reader that keeps positions. See locate.h. */
#include "scenario/json/locate.h"

#include "base/text.h"
#include "base/units.h"
#include "sim/random.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { NUMBER_BYTES = 64, POINTER_BYTES = 1024 };

struct scan {
    const char *text;
    size_t length, at;
    unsigned line, column;
    unsigned depth;
    bool stopped; /* the rest of the text cannot be parsed */
    bool refused; /* parsed to the end, but with errors: the value must not be used */
    struct sim__places *places;
    sim__scan_error *complain;
    void *self;
};

static uint64_t slot_hash(const struct sim__place *parent, const char *key)
{
    /* addresses decide only the slot in the table, never an order */
    return sim_hash64(key, strlen(key), (uint64_t)(uintptr_t)parent);
}

struct sim__place *sim__place_item(const struct sim__place *parent, size_t index)
{
    return parent->items && index <= parent->last->index ? parent->items[index] : NULL;
}

struct sim__place *sim__place_child(const struct sim__places *places,
                                    const struct sim__place *parent, const char *key)
{
    if (!parent)
        return NULL;
    if (parent->kind == '[') {
        struct sim_amount index;
        struct sim_error ignored;
        if (sim_units_parse(key, SIM_DIM_COUNT, NULL, &index, &ignored))
            return NULL;
        return sim__place_item(parent, (size_t)index.whole);
    }
    if (parent->kind != '{' || !places->slot_count)
        return NULL;
    struct sim__place *place = places->slots[slot_hash(parent, key) & (places->slot_count - 1)];
    while (place && (place->parent != parent || strcmp(place->key, key) != 0))
        place = place->chain;
    return place;
}

static void table_put(struct sim__place **slots, size_t count, struct sim__place *place)
{
    size_t slot = slot_hash(place->parent, place->key) & (count - 1);
    place->chain = slots[slot];
    slots[slot] = place;
}

/* Doubles the table. The old one stays in the arena until that is freed. */
static void table_grow(struct sim__places *places)
{
    size_t count = places->slot_count ? places->slot_count * 2 : 64;
    struct sim__place **slots = sim_arena_alloc(places->arena, count, sizeof(struct sim__place *));
    if (!slots) {
        places->out_of_memory = true;
        return;
    }
    for (size_t i = 0; i < places->slot_count; i++)
        for (struct sim__place *place = places->slots[i], *next; place; place = next) {
            next = place->chain;
            table_put(slots, count, place);
        }
    places->slots = slots;
    places->slot_count = count;
}

/* ---- errors ---------------------------------------------------------------------------------- */

static size_t pointer_text(const struct sim__place *place, char *out, size_t size)
{
    if (!place || !place->parent) {
        out[0] = '\0';
        return 0;
    }
    size_t n = pointer_text(place->parent, out, size);
    char number[24];
    snprintf(number, sizeof number, "%zu", place->index);
    const char *key = place->key ? place->key : number;
    if (n + 2 * strlen(key) + 2 > size)
        return n;
    out[n++] = '/';
    for (; *key; key++) {
        if (*key == '~' || *key == '/') {
            out[n++] = '~';
            out[n++] = *key == '~' ? '0' : '1';
        } else {
            out[n++] = *key;
        }
    }
    out[n] = '\0';
    return n;
}

static void say(struct scan *s, const struct sim__place *place, unsigned line, unsigned column,
                const char *format, ...) __attribute__((format(printf, 5, 6)));

static void say(struct scan *s, const struct sim__place *place, unsigned line, unsigned column,
                const char *format, ...)
{
    char sentence[SIM_ERROR_TEXT_BYTES], pointer[POINTER_BYTES];
    va_list list;
    va_start(list, format);
    vsnprintf(sentence, sizeof sentence, format, list);
    va_end(list);
    pointer_text(place, pointer, sizeof pointer);
    s->complain(s->self, line, column, pointer, sentence);
}

/* An error after which the rest cannot be parsed. */
#define STOP(s, place, ...)                                                                        \
    (say((s), (place), (s)->line, (s)->column, __VA_ARGS__), (s)->stopped = true)

/* ---- characters ------------------------------------------------------------------------------ */

static int peek(const struct scan *s)
{
    return s->at < s->length ? (unsigned char)s->text[s->at] : -1;
}

static void step(struct scan *s)
{
    unsigned char c = (unsigned char)s->text[s->at++];
    if (c == '\n') {
        s->line++;
        s->column = 1;
    } else if ((c & 0xC0) != 0x80) {
        s->column++;
    }
}

static void skip_space(struct scan *s)
{
    for (int c = peek(s); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = peek(s))
        step(s);
}

static bool starts(const struct scan *s, const char *word)
{
    size_t n = strlen(word);
    return s->length - s->at >= n && memcmp(s->text + s->at, word, n) == 0;
}

/* Length of the UTF-8 character at `p`; 0 when it is invalid, overlong or a surrogate. */
static size_t utf8_bytes(const unsigned char *p, size_t left)
{
    static const struct {
        unsigned char mask, lead;
        uint32_t least;
    } kinds[] = {{0x80, 0x00, 0}, {0xE0, 0xC0, 0x80}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x10000}};
    for (size_t n = 0; n < 4; n++) {
        if ((p[0] & kinds[n].mask) != kinds[n].lead)
            continue;
        if (n + 1 > left)
            return 0;
        uint32_t code = p[0] & (unsigned char)~kinds[n].mask;
        for (size_t i = 1; i <= n; i++) {
            if ((p[i] & 0xC0) != 0x80)
                return 0;
            code = code << 6 | (p[i] & 0x3Fu);
        }
        bool good = code >= kinds[n].least && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
        return good ? n + 1 : 0;
    }
    return 0;
}

static size_t utf8_write(char *out, uint32_t code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3F));
    out[0] = (char)((n == 2 ? 0xC0u : n == 3 ? 0xE0u : 0xF0u) | code);
    return n;
}

/* The value of the four hexadecimal digits at s->at; -1 if there are none. */
static int32_t hex4(struct scan *s)
{
    int32_t value = 0;
    for (int i = 0; i < 4; i++) {
        int c = peek(s), digit = -1;
        if (c >= '0' && c <= '9')
            digit = c - '0';
        else if ((c | 32) >= 'a' && (c | 32) <= 'f')
            digit = (c | 32) - 'a' + 10;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
        step(s);
    }
    return value;
}

/* Reads the rest of \uXXXX, including the second half of a surrogate pair, and writes UTF-8 to
 * `out`. Returns the number of bytes. */
static size_t read_unicode(struct scan *s, const struct sim__place *place, char *out)
{
    int32_t code = hex4(s);
    if (code >= 0xD800 && code < 0xDC00 && starts(s, "\\u")) {
        step(s);
        step(s);
        int32_t low = hex4(s);
        bool pair = low >= 0xDC00 && low < 0xE000;
        code = pair ? 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00) : -1;
    }
    if (code < 0)
        STOP(s, place,
             "\"\\u\" must be followed by four hexadecimal digits (and a second \\u of a "
             "pair where there is one)");
    else if (code == 0)
        STOP(s, place, "the character \\u0000 is not allowed in a text");
    else if (code >= 0xD800 && code < 0xE000)
        STOP(s, place, "half of a surrogate pair is not a character");
    return s->stopped ? 0 : utf8_write(out, (uint32_t)code);
}

static size_t read_escape(struct scan *s, const struct sim__place *place, char *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    step(s);
    int c = peek(s);
    const char *known = c > 0 ? strchr(from, c) : NULL;
    if (c == 'u') {
        step(s);
        return read_unicode(s, place, out);
    }
    if (!known) {
        STOP(s, place, "after a backslash one of \" \\ / b f n r t u must follow");
        return 0;
    }
    step(s);
    *out = to[known - from];
    return 1;
}

/* A string in double quotes. Returns it unescaped, or NULL. */
static const char *read_string(struct scan *s, const struct sim__place *place)
{
    unsigned line = s->line, column = s->column;
    size_t end = s->at + 1;
    while (end < s->length && s->text[end] != '"' && s->text[end] != '\n')
        end += s->text[end] == '\\' && end + 1 < s->length ? 2 : 1;
    char *out = sim_arena_alloc(s->places->arena, end - s->at + 8, 1);
    size_t n = 0;
    if (!out) {
        s->places->out_of_memory = s->stopped = true;
        return NULL;
    }
    for (step(s); !s->stopped && peek(s) != '"';) {
        int c = peek(s);
        size_t left = s->length - s->at;
        size_t bytes = left ? utf8_bytes((const unsigned char *)s->text + s->at, left) : 0;
        if (c < 0 || c == '\n') {
            say(s, place, line, column, "this text is never closed: a \" is missing");
            s->stopped = true;
        } else if (c == '\\') {
            n += read_escape(s, place, out + n);
        } else if (c < 0x20) {
            STOP(s, place, "a control character in a text must be written as \\u%04x", c);
        } else if (bytes == 0) {
            STOP(s, place, "the byte 0x%02X is not UTF-8 here: save the file as UTF-8", c);
        } else {
            for (; bytes > 0; bytes--, step(s))
                out[n++] = s->text[s->at];
        }
    }
    if (s->stopped)
        return NULL;
    step(s);
    return out;
}

/* ---- values ---------------------------------------------------------------------------------- */

static bool is_word(int c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '+' || c == '-' ||
           c == '.' || c == '_';
}

/* Copies the word characters at s->at; a longer word is cut. */
static void word_at(const struct scan *s, char word[NUMBER_BYTES])
{
    size_t n = 0;
    while (n + 1 < NUMBER_BYTES && s->at + n < s->length &&
           is_word((unsigned char)s->text[s->at + n]))
        n++;
    memcpy(word, s->text + s->at, n);
    word[n] = '\0';
}

static void unknown_value(struct scan *s, const struct sim__place *place)
{
    char word[NUMBER_BYTES];
    word_at(s, word);
    int c = peek(s);
    if (c == '\'')
        STOP(s, place, "JSON texts need double quotes");
    else if (c == '/' || c == '#')
        STOP(s, place, "JSON has no comments: use a key \"notes\" or one that begins with \"x-\"");
    else if (strcmp(word, "NaN") == 0 || strcmp(word, "nan") == 0 || strstr(word, "nfinity") ||
             strstr(word, "inf") || strstr(word, "Inf"))
        STOP(s, place, "%s is not a number in JSON", word);
    else if (strcmp(word, "True") == 0 || strcmp(word, "False") == 0 || strcmp(word, "None") == 0)
        STOP(s, place, "%s is written \"%s\" in JSON", word,
             *word == 'T'   ? "true"
             : *word == 'F' ? "false"
                            : "null");
    else if (*word && ((*word | 32) >= 'a' && (*word | 32) <= 'z'))
        STOP(s, place, "a text must stand in double quotes: \"%s\"", word);
    else if (c < 0)
        STOP(s, place, "the text ends where a value is expected");
    else if (c == '}' || c == ']' || c == ',' || c == ':')
        STOP(s, place, "a value is missing before \"%c\"", c);
    else
        STOP(s, place, "this is not a JSON value");
}

static size_t digits(const char *word, size_t at)
{
    size_t n = 0;
    while (word[at + n] >= '0' && word[at + n] <= '9')
        n++;
    return n;
}

static const char *number_fault(const char *word, bool *real)
{
    size_t at = word[0] == '-', n = digits(word, at);
    if (word[0] == '+')
        return "a number has no leading \"+\" in JSON";
    if (word[at] == '0' && (word[at + 1] | 32) == 'x')
        return "hexadecimal numbers do not exist in JSON: write it in decimal";
    if (n == 0)
        return "a number needs a digit before its point in JSON";
    if (word[at] == '0' && n > 1)
        return "a number has no leading zeros in JSON";
    at += n;
    if (word[at] == '.') {
        *real = true;
        n = digits(word, ++at);
        if (n == 0)
            return "a number needs a digit after its point in JSON";
        at += n;
    }
    if ((word[at] | 32) == 'e') {
        *real = true;
        at++;
        at += word[at] == '+' || word[at] == '-';
        n = digits(word, at);
        if (n == 0)
            return "the exponent of this number has no digits";
        at += n;
    }
    if (word[at])
        return "a number with a unit is a text in JSON: put it in double quotes";
    return NULL;
}

static json_t *read_number(struct scan *s, const struct sim__place *place)
{
    char word[NUMBER_BYTES];
    bool real = false;
    word_at(s, word);
    const char *fault = number_fault(word, &real);
    struct sim_amount amount;
    struct sim_error error;
    if (strstr(word, "nfinity") || strstr(word, "inf") || strstr(word, "nan")) {
        STOP(s, place, "%s is not a number in JSON", word);
    } else if (strlen(word) == NUMBER_BYTES - 1) {
        STOP(s, place, "this number has too many digits: 60 at most");
    } else if (fault) {
        STOP(s, place, "%s: %s", sim_quote(word).s, fault);
    } else if (sim_units_parse(word + (*word == '-'), real ? SIM_DIM_NUMBER : SIM_DIM_COUNT, NULL,
                               &amount, &error)) {
        say(s, place, s->line, s->column, "%s is too large: the %s is %s", sim_quote(word).s,
            real ? "largest number" : "largest whole number",
            real ? "1.797e308" : "9223372036854775807");
        s->refused = true;
    }
    if (s->stopped)
        return NULL;
    for (size_t n = strlen(word); n > 0; n--)
        step(s);
    bool negative = *word == '-';
    return real ? json_real(negative ? -amount.value : amount.value)
                : json_integer(negative ? -amount.whole : amount.whole);
}

static struct sim__place *place_new(struct scan *s, struct sim__place *parent)
{
    struct sim__place *place = sim_arena_alloc(s->places->arena, 1, sizeof *place);
    if (!place) {
        s->places->out_of_memory = s->stopped = true;
        return NULL;
    }
    place->parent = parent;
    place->line = s->line;
    place->column = s->column;
    s->places->count++;
    if (!parent) {
        s->places->root = place;
        return place;
    }
    place->index = parent->last ? parent->last->index + 1 : 0;
    place->before = parent->last;
    parent->last = place;
    return place;
}

static json_t *read_value(struct scan *s, struct sim__place *place);

/* Reads `"key" :` of a member. Reports a key that the object has already. */
static void read_key(struct scan *s, struct sim__place *object, struct sim__place *member)
{
    member->key_line = s->line;
    member->key_column = s->column;
    const char *key = read_string(s, object);
    if (!key) {
        member->key = "";
        return;
    }
    member->key = key;
    const struct sim__place *first = sim__place_child(s->places, object, key);
    if (first)
        say(s, member, member->key_line, member->key_column,
            "the key \"%s\" appears twice, first at line %u: remove one", sim_quote(key).s,
            first->key_line);
    if (s->places->count * 2 > s->places->slot_count)
        table_grow(s->places);
    if (s->places->out_of_memory)
        s->stopped = true;
    else /* later lookups find this member, not the earlier one */
        table_put(s->places->slots, s->places->slot_count, member);
    skip_space(s);
    if (!s->stopped && peek(s) != ':')
        STOP(s, member, "a \":\" and a value must follow the key");
    else if (!s->stopped)
        step(s);
}

/* Reads what follows an item: a comma (true: another item must follow) or the end of the object or
 * array. */
static bool read_comma(struct scan *s, const struct sim__place *place, char close)
{
    const char *what = close == '}' ? "object" : "list";
    skip_space(s);
    int c = peek(s);
    if (c < 0) {
        STOP(s, place,
             "the file ends inside the %s that begins at line %u, column %u: \"%c\" is "
             "missing",
             what, place->line, place->column, close);
        return false;
    }
    if (c == close) {
        step(s);
        return false;
    }
    if (c != ',') {
        if (c == '/' || c == '#')
            unknown_value(s, place);
        else
            STOP(s, place, "a \",\" or the \"%c\" of this %s is missing before here", close, what);
        return false;
    }
    unsigned line = s->line, column = s->column;
    step(s);
    skip_space(s);
    if (peek(s) != close)
        return true;
    say(s, place, line, column, "remove the \",\" before \"%c\"", close);
    s->stopped = true;
    return false;
}

static void read_members(struct scan *s, struct sim__place *object, json_t *out)
{
    step(s);
    skip_space(s);
    if (peek(s) == '}') {
        step(s);
        return;
    }
    do {
        skip_space(s);
        if (peek(s) < 0) {
            read_comma(s, object, '}');
            return;
        }
        if (peek(s) != '"') {
            if (peek(s) == '/' || peek(s) == '#')
                unknown_value(s, object);
            else
                STOP(s, object, "a key in double quotes is expected here");
            return;
        }
        struct sim__place *member = place_new(s, object);
        if (!member)
            return;
        read_key(s, object, member);
        json_t *value = s->stopped ? NULL : read_value(s, member);
        if (value && json_object_set_new_nocheck(out, member->key, value))
            s->places->out_of_memory = s->stopped = true;
    } while (!s->stopped && read_comma(s, object, '}'));
}

/* Indexes the items of a list by their numbers. */
static void number_items(struct scan *s, struct sim__place *array)
{
    array->items = sim_arena_alloc(s->places->arena, array->last->index + 1, sizeof(array));
    if (!array->items)
        s->places->out_of_memory = s->stopped = true;
    for (struct sim__place *item = array->last; array->items && item; item = item->before)
        array->items[item->index] = item;
}

static void read_items(struct scan *s, struct sim__place *array, json_t *out)
{
    step(s);
    skip_space(s);
    if (peek(s) == ']') {
        step(s);
        return;
    }
    do {
        skip_space(s);
        struct sim__place *item = place_new(s, array);
        if (!item)
            return;
        json_t *value = read_value(s, item);
        if (value && json_array_append_new(out, value))
            s->places->out_of_memory = s->stopped = true;
    } while (!s->stopped && read_comma(s, array, ']'));
    if (!s->stopped)
        number_items(s, array);
}

static json_t *read_container(struct scan *s, struct sim__place *place)
{
    if (++s->depth > SIM__DEPTH_MAX) {
        STOP(s, place, "this is nested more than %d deep", SIM__DEPTH_MAX);
        return NULL;
    }
    json_t *value = place->kind == '{' ? json_object() : json_array();
    if (!value)
        return NULL;
    if (place->kind == '{')
        read_members(s, place, value);
    else
        read_items(s, place, value);
    s->depth--;
    return value;
}

static json_t *read_word(struct scan *s, const struct sim__place *place)
{
    static const char *const words[] = {"true", "false", "null"};
    char word[NUMBER_BYTES];
    size_t known = 0;
    word_at(s, word);
    while (known < 3 && strcmp(word, words[known]) != 0)
        known++;
    if (known == 3) {
        unknown_value(s, place);
        return NULL;
    }
    for (size_t n = strlen(word); n > 0; n--)
        step(s);
    return known == 0 ? json_true() : known == 1 ? json_false() : json_null();
}

/* Reads the value at s->at; NULL when the scan has stopped. */
static json_t *read_value(struct scan *s, struct sim__place *place)
{
    skip_space(s);
    int c = peek(s);
    json_t *value = NULL;
    place->line = s->line;
    place->column = s->column;
    place->kind = (char)c;
    if (c == '{' || c == '[') {
        value = read_container(s, place);
    } else if (c == '"') {
        const char *text = read_string(s, place);
        value = text ? json_string_nocheck(text) : NULL;
    } else if ((c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.') {
        place->kind = '0';
        value = read_number(s, place);
    } else {
        value = read_word(s, place);
    }
    if (!value && !s->stopped)
        s->places->out_of_memory = s->stopped = true;
    return value;
}

void sim__scan_silent(void *self, unsigned line, unsigned column, const char *pointer,
                      const char *sentence)
{
    (void)self, (void)line, (void)column, (void)pointer, (void)sentence;
}

json_t *sim__places_scan(struct sim__places *places, struct sim_arena *arena, const char *text,
                         size_t bytes, sim__scan_error *complain, void *self)
{
    struct scan s = {.text = text,
                     .length = bytes,
                     .line = 1,
                     .column = 1,
                     .places = places,
                     .complain = complain,
                     .self = self};
    *places = (struct sim__places){.arena = arena};
    if (bytes > SIM__TEXT_MAX)
        STOP(&s, NULL, "the file is larger than %d MiB", SIM__TEXT_MAX >> 20);
    else if (starts(&s, "\xEF\xBB\xBF"))
        STOP(&s, NULL, "the file begins with a byte order mark: save it as UTF-8 without one");
    else if (starts(&s, "\xFF\xFE") || starts(&s, "\xFE\xFF"))
        STOP(&s, NULL, "the file is UTF-16: save it as UTF-8");
    if (s.stopped)
        return NULL;
    skip_space(&s);
    if (peek(&s) < 0)
        STOP(&s, NULL, "the file is empty");
    struct sim__place *root = s.stopped ? NULL : place_new(&s, NULL);
    json_t *value = root ? read_value(&s, root) : NULL;
    skip_space(&s);
    if (!s.stopped && peek(&s) >= 0)
        STOP(&s, NULL, "there is more text after the end of the scenario");
    if (!s.stopped && !s.refused)
        return value;
    json_decref(value);
    return NULL;
}
