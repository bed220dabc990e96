/* locate.h - reads JSON text into jansson's values and records the position of each value and
 * key. */
#ifndef SIM_SCENARIO_LOCATE_H
#define SIM_SCENARIO_LOCATE_H

#include "base/arena.h"

#include <jansson.h>

enum {
    SIM__DEPTH_MAX = 32,             /* objects and arrays inside one another */
    SIM__TEXT_MAX = 16 * 1024 * 1024 /* bytes */
};

struct sim__place {
    struct sim__place *parent, *last; /* .last: its last child */
    struct sim__place *before;        /* the sibling before it */
    struct sim__place **items;        /* the items of a list, once it was read to its end */
    struct sim__place *chain;         /* the next place in the same slot of the table */
    const char *key;                  /* within an object, unescaped; NULL within an array */
    size_t index;                     /* within its parent */
    char kind;                        /* '{', '[', '"', '0' (a number), 't', 'f' or 'n' */
    unsigned line, column;            /* of the value; from 1, columns in characters */
    unsigned key_line, key_column;    /* of the key; 0 without one */
};

struct sim__places {
    struct sim_arena *arena;
    struct sim__place *root; /* NULL when the text is not JSON at all */
    struct sim__place **slots;
    size_t slot_count, count;
    bool out_of_memory;
};

/* Called for each error with its position. `pointer` is a JSON pointer; the strings are valid
 * during the call. */
typedef void sim__scan_error(void *self, unsigned line, unsigned column, const char *pointer,
                             const char *sentence);

/* For a text that may be something else than JSON: ignores errors. */
void sim__scan_silent(void *self, unsigned line, unsigned column, const char *pointer,
                      const char *sentence);

/* Reads a text. Returns its value, which the caller releases, and fills *places, whose memory is in
 * the arena. NULL when the text is not JSON, with the reason given to *complain, or when memory ran
 * out (places->out_of_memory). If a key appears twice, this is reported, and the last value
 * counts. */
json_t *sim__places_scan(struct sim__places *, struct sim_arena *, const char *text, size_t bytes,
                         sim__scan_error *complain, void *self);

/* The child of a place by key, or by number within an array ("0", "1", …); NULL: none. O(1). */
struct sim__place *sim__place_child(const struct sim__places *, const struct sim__place *,
                                    const char *key);
struct sim__place *sim__place_item(const struct sim__place *, size_t index);

#endif
