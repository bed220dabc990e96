/* locate.h - JSON text as jansson's values, and where each of them and each key stands.
 *
 * jansson's own reader keeps no positions, stops at the first duplicate key, and (2.14) reads past
 * its buffer when memory runs out within a string. This one goes over the text once, makes values
 * and a tree of places, and refuses what JSON does not allow with line and column. */
#ifndef SIM_SCENARIO_LOCATE_H
#define SIM_SCENARIO_LOCATE_H

#include "base/arena.h"

#include <jansson.h>

enum {
    SIM__DEPTH_MAX = 32,             /* objects and arrays inside one another */
    SIM__TEXT_MAX = 16 * 1024 * 1024 /* bytes */
};

struct sim__place {
    struct sim__place *parent, *last; /* the last of its children */
    struct sim__place *before;        /* of the same parent */
    struct sim__place **items;        /* of a list that was read to its end */
    struct sim__place *chain;         /* in the same slot of the table */
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

/* What is wrong, and where. `pointer` is a JSON pointer; the strings are valid during the call. */
typedef void sim__scan_error(void *self, unsigned line, unsigned column, const char *pointer,
                             const char *sentence);

/* For a text that need not be JSON: says nothing. */
void sim__scan_silent(void *self, unsigned line, unsigned column, const char *pointer,
                      const char *sentence);

/* Reads a text: its value, the caller's to release, and *places, whose memory is the arena's. NULL
 * when it is not JSON, with the reason given to *complain, or when memory ran out, which
 * places->out_of_memory tells. Of a key that stands twice, which is said, the last one counts. */
json_t *sim__places_scan(struct sim__places *, struct sim_arena *, const char *text, size_t bytes,
                         sim__scan_error *complain, void *self);

/* The child of a place by key, or by number within an array ("0", "1", …); NULL: none. O(1). */
struct sim__place *sim__place_child(const struct sim__places *, const struct sim__place *,
                                    const char *key);
struct sim__place *sim__place_item(const struct sim__place *, size_t index);

#endif
